"""`python -m leadline_cdk npm ci`, `python -m leadline_cdk cdk deploy`: runs the Node tools from the project's root."""

import os
import subprocess
import sys

from leadline_cdk.node import command, environment
from leadline_cdk.paths import ROOT

if __name__ == "__main__":
    done = subprocess.run(command(*sys.argv[1:]), cwd=ROOT, env=environment(dict(os.environ)), check=False)
    sys.exit(done.returncode)
