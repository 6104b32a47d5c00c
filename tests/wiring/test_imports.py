"""What the web process must never load."""

import subprocess
import sys

from tests.serving import ROOT

PROBE = """
import sys, django
django.setup()
import explorer.urls, explorer.tasks, trex_web.asgi
from training import extensions
packages = [extensions.OPERATORS, extensions.METHODS, extensions.TASKS, extensions.METRICS]
packages += ["agents.policies", "agents.researchers", "agents.runners"]
for package in packages:
    for name in extensions.names(package):
        extensions.load(package, name)
print(sorted({"torch", "transformers", "trl", "peft", "datasets", "litellm"} & set(sys.modules)))
"""


def test_django_and_every_extension_load_without_torch_or_litellm(tmp_path):
    environment = {
        "PATH": "/usr/bin:/bin",
        "TREX_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "trex_web.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=True,
    )
    assert done.stdout.strip() == "[]"
