"""Messages from templates: three built-in layouts for an ERP's papers, and the users' own.

catalog.py  what the rest of `app` calls: list, save, delete, render
built_in.py the built-in ones; built_in_fields.py has their fields, layouts/ how they look
fields.py   reads what a caller sent into the fields that a layout may use
liquid_texts.py  renders one layout, under limits
"""
