"""A job that ran out of its time is submitted once more with ten times as much, twice at most."""

import drmaa_cli


def main() -> None:
    with drmaa_cli.open_session() as session:
        template = session.createJobTemplate(
            remoteCommand="/bin/sh",
            args=["-c", "sleep 4; echo done"],
            outputPath=":/dev/null",
            joinFiles=True,
            nativeSpecification="-l h_rt=1",
        )
        job, seconds = session.job(session.runJob(template)), 1
        for _ in range(3):
            info = job.wait()
            print(f"{job.id}, {seconds} s allowed: {info.reason or 'it ended by itself'}")
            if info.reason.kind is not drmaa_cli.ReasonKind.TIME_LIMIT:
                break
            seconds *= 10
            job = job.resubmit(nativeSpecification=f"-l h_rt={seconds}")


if __name__ == "__main__":
    main()
