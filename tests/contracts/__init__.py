"""Rules over the whole code. Each rule is a function that returns what breaks it, in readable lines, all at once;

each has a twin test that feeds it a violation and sees it named, so that a rule cannot pass by looking at nothing.
"""
