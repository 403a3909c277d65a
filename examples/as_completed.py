"""Take each job in hand as it ends, with a progress bar where there is a terminal, and say what it used."""

import drmaa_cli


def main() -> None:
    with drmaa_cli.open_session() as session:
        template = session.createJobTemplate(
            remoteCommand="/bin/sh",
            args=["-c", "sleep $((SGE_TASK_ID % 3)); test $SGE_TASK_ID -ne 4"],
            outputPath=":/dev/null",
            joinFiles=True,
            nativeSpecification="-l h_rt=60",
        )
        ids = session.runBulkJobs(template, 1, 6, 1)
        failed = []
        for info in session.as_completed(ids, progress=True):
            print(info.summary())
            if not info.succeeded:
                failed.append(info)
        for info in failed:
            print(f"{info.jobId} failed: {info.reason or 'its program said so'} ({info.reason.kind.value})")


if __name__ == "__main__":
    main()
