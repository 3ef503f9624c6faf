"""The CDK app. `CDK_OUTDIR=cdk.out python -m leadline_cdk.app` synthesizes it without the CDK's command line.

Context, given as `-c name=value`:
    stack        name of the stack                                              (Leadline)
    keepData     `false`: removing the stack removes the data too. Temporary stacks only.   (true)
    alarmTopic   ARN of an SNS topic that receives the alarms                      (none)
    target       `lambda`, or `emulator` for functions that run in this machine's own Python   (lambda)
"""

import os
import sys
from collections.abc import Mapping

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from leadline_cdk.bundles import TARGETS, BundleError, Bundler
from leadline_cdk.stack import LeadlineStack


def build(context: Mapping[str, object] | None = None, outdir: str | None = None) -> App:
    """The app, its stack and cdk-nag's checks; its `synth()` raises on a finding that is not acknowledged."""
    app = App(context=context, outdir=outdir, analytics_reporting=False)
    choice = {name: app.node.try_get_context(name) for name in ("stack", "keepData", "alarmTopic", "target")}
    LeadlineStack(
        app,
        choice["stack"] or "Leadline",
        bundler=Bundler(TARGETS[choice["target"] or "lambda"]),
        keep_data=_yes(choice["keepData"]),
        alarm_topic_arn=choice["alarmTopic"],
        description="Leadline: deployment events in, DORA metrics out",
    )
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def _yes(value: object) -> bool:
    """Data is deleted only for a clear `false`: anything that is neither true nor false is an error."""
    if value is None or value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise ValueError(f"keepData is true or false, not {value!r}")


def main() -> int:
    """Synthesizes where `CDK_OUTDIR` (set by the CDK's command line) says, else into cdk.out."""
    try:
        build(outdir=os.environ.get("CDK_OUTDIR", "cdk.out")).synth()
    except BundleError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
