"""Both ways of running Leadline: `infra.local` on this machine, `infra.aws` as a CDK stack."""
