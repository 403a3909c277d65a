"""Say which Grid Engine this is, and how to take the session up again."""

import drmaa_cli


def main() -> None:
    print(f"DRMAA {drmaa_cli.Session.version}, {drmaa_cli.Session.drmsInfo}")
    with drmaa_cli.Session() as session:
        contact = session.contact
        print(f"the contact string of this session: {contact}")
    with drmaa_cli.Session(contact) as session:
        print(f"taken up again: {session.contact == contact}")


if __name__ == "__main__":
    main()
