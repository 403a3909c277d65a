"""Ask which Grid Engine and which DRMAA these are, before a session and in one."""

import DRMAA


def show(session: DRMAA.Session, when: str) -> None:
    print(f"{when}:")
    print(f"  contact         {session.getContact() or '-'}")
    print(f"  DRM system      {session.getDRMSInfo()}")
    print(f"  implementation  {session.getDRMAAImplementation()}")


def main() -> None:
    session = DRMAA.Session()
    show(session, "without a session")
    session.init()
    show(session, "in a session")
    version = session.getVersion()
    print(f"DRMAA {version.major}.{version.minor}")
    session.exit()


if __name__ == "__main__":
    main()
