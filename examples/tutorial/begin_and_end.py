"""Begin a session, look at it, and end it. All other calls belong between these two."""

import DRMAA


def main() -> None:
    session = DRMAA.Session()
    print(f"before: {session.getContact()!r}")
    session.init()
    print(f"begun: {session.getContact()}")
    session.exit()
    try:
        session.exit()
    except DRMAA.NoActiveSessionException as error:
        print(f"ended; ending it again raises {type(error).__name__}")


if __name__ == "__main__":
    main()
