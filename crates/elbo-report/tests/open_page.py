"""Opens a page in a headless Chromium, and lists what goes wrong there.

Usage: open_page.py PAGE PICTURES [SCREENSHOT]

Wrong are errors and warnings of the console, errors of scripts, requests that fail, and fewer svg pictures than PICTURES.
Exit status 0: nothing is wrong; 1: something is, and is printed; 77: there is no playwright or no browser to open the page with.
"""

import os
import shutil
import sys
from pathlib import Path

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sys.exit(77)


def open_page(browser, path, pictures, screenshot):
    errors = []
    page = browser.new_page(viewport={"width": 1000, "height": 1500})
    page.on("console", lambda m: errors.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(f"script: {error}"))
    page.on("requestfailed", lambda request: errors.append(f"request: {request.url}"))
    page.goto(Path(path).resolve().as_uri())
    page.wait_for_load_state("load")
    found = page.locator("svg").count()
    if found < pictures:
        errors.append(f"pictures: {found}, but {pictures} were expected")
    if screenshot is not None:
        page.screenshot(path=screenshot, full_page=True)
    return errors


def main(path, pictures, screenshot=None):
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or playwright.chromium.executable_path
        if not os.path.exists(chromium):
            return 77
        # As root there is no sandbox, and a container may have hardly any shared memory.
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        errors = open_page(browser, path, int(pictures), screenshot)
        browser.close()
    print(*errors, sep="\n")
    return int(bool(errors))


sys.exit(main(*sys.argv[1:]))
