"""How LawBench (arXiv:2309.16289) judges an answer: one rule for each of its twenty subtasks.

Written from the paper's definitions and fitted to the scores that its authors published for one model.
"""
