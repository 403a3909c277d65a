"""A whole fake Grid Engine cell in pure Python, for laptops and CI."""
