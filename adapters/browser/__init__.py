"""The real page of WhatsApp Web, driven and translated.

The launcher loads discovery and assets from here before anything is installed, so this file
imports nothing.
"""
