"""Why jobs wait and why they ended: situations, made on a real cell and on the fake one."""
