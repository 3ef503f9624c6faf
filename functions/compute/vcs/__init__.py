"""Asking the code host: which commits a deployed SHA brings, and which merged changes they belong to.

port         what compute asks of a code host, in three questions
github, gitlab, bitbucket, gitea   the hosts
http, reading                      asking, and reading answers that may be anything
budget       one breaker a host, shared by all workers
cache        answers that need not be requested again
enrich       the answers as messages that compute folds like any other
connection   which hosts there are, and their credentials
"""
