"""`python -m infra.aws npm ci`, `python -m infra.aws cdk deploy`: the Node tools, run from the project's root."""

import os
import subprocess
import sys

from infra.aws.node import ROOT, command, environment

if __name__ == "__main__":
    done = subprocess.run(command(*sys.argv[1:]), cwd=ROOT, env=environment(dict(os.environ)), check=False)
    sys.exit(done.returncode)
