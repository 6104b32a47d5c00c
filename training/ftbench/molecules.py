"""Molecules as SMILES: what they are made of, and how alike two are. RDKit computes everything."""

from collections import Counter
from functools import cache, lru_cache
from typing import Any

from training.ftbench.optional import library

ELEMENTS = {
    "carbon": "C", "oxygen": "O", "nitrogen": "N", "sulfur": "S", "fluorine": "F", "chlorine": "Cl", "bromine": "Br",
    "iodine": "I", "phosphorus": "P", "boron": "B", "silicon": "Si", "selenium": "Se", "tellurium": "Te",
    "arsenic": "As", "antimony": "Sb", "bismuth": "Bi", "polonium": "Po",
}  # fmt: skip
BONDS = ("single", "double", "triple", "rotatable", "aromatic")
GROUPS = {
    "benzene ring": "[cR1]1[cR1][cR1][cR1][cR1][cR1]1",
    "hydroxyl": "[OX2H]",
    "anhydride": "[CX3](=[OX1])[OX2][CX3](=[OX1])",
    "aldehyde": "[CX3H1](=O)[#6]",
    "ketone": "[#6][CX3](=O)[#6]",
    "carboxyl": "[CX3](=O)[OX2H1]",
    "ester": "[#6][CX3](=O)[OX2H0][#6]",
    "amide": "[NX3][CX3](=[OX1])[#6]",
    "amine": "[NX3;H2,H1;!$(NC=O)]",
    "nitro": "[$([NX3](=O)=O),$([NX3+](=O)[O-])][!#8]",
    "halo": "[F,Cl,Br,I]",
    "thioether": "[SX2][CX4]",
    "nitrile": "[NX1]#[CX2]",
    "thiol": "[#16X2H]",
    "sulfide": "[#16X2H0]",
    "disulfide": "[#16X2H0][#16X2H0]",
    "sulfoxide": "[$([#16X3]=[OX1]),$([#16X3+][OX1-])]",
    "sulfone": "[$([#16X4](=[OX1])=[OX1]),$([#16X4+2]([OX1-])[OX1-])]",
    "borane": "[BX3]",
}
"""SMARTS of the functional groups, from Daylight's published examples; one atom may be in several."""
PROPERTIES = ("LogP", "MR", "QED")


@lru_cache(maxsize=4096)
def parse(smiles: str) -> Any:
    """RDKit's molecule, or None where `smiles` is empty or none. Raises MissingLibrary."""
    chemistry = library("rdkit.Chem")
    # What a model writes is often no molecule: RDKit would log each.
    with library("rdkit.rdBase").BlockLogs():
        return chemistry.MolFromSmiles(smiles) if smiles.strip() else None


def canonical(smiles: str) -> str:
    """The same text for every way to write a molecule; what is no molecule stays as it is."""
    molecule = parse(smiles)
    return smiles if molecule is None else str(library("rdkit.Chem").MolToSmiles(molecule))


def elements(molecule: Any) -> dict[str, int]:
    """Atoms by the element's name, hydrogen aside."""
    found = Counter(atom.GetSymbol() for atom in molecule.GetAtoms())
    return {name: found[symbol] for name, symbol in ELEMENTS.items()}


def bonds(molecule: Any) -> dict[str, int]:
    """Bonds by kind; an aromatic one is neither single nor double, and a rotatable one is also single."""
    found = Counter(str(bond.GetBondType()).lower() for bond in molecule.GetBonds())
    rotatable = library("rdkit.Chem.rdMolDescriptors").CalcNumRotatableBonds(molecule)
    return {**{kind: found[kind] for kind in BONDS}, "rotatable": rotatable}


def groups(molecule: Any) -> dict[str, int]:
    """How often each functional group is in a molecule."""
    return {name: group_count(molecule, name) for name in GROUPS}


def group_count(molecule: Any, name: str) -> int:
    """How often one functional group is in a molecule."""
    return len(molecule.GetSubstructMatches(_pattern(name)))


@cache
def _pattern(name: str) -> Any:
    return library("rdkit.Chem").MolFromSmarts(GROUPS[name])


def property_of(molecule: Any, name: str) -> float:
    """LogP and molar refractivity by Wildman and Crippen, 1999, or QED by Bickerton et al., 2012."""
    if name == "QED":
        return float(library("rdkit.Chem.QED").qed(molecule))
    crippen = library("rdkit.Chem.Crippen")
    return float((crippen.MolLogP if name == "LogP" else crippen.MolMR)(molecule))


def similarity(left: Any, right: Any) -> float:
    """Tanimoto similarity of Morgan fingerprints of radius 2 and 2,048 bits."""
    structures = library("rdkit.DataStructs")
    return float(structures.TanimotoSimilarity(_fingerprint(left), _fingerprint(right)))


def _fingerprint(molecule: Any) -> Any:
    return _generator().GetFingerprint(molecule)


@cache
def _generator() -> Any:
    generators = library("rdkit.Chem.rdFingerprintGenerator")
    return generators.GetMorganGenerator(radius=2, fpSize=2048)
