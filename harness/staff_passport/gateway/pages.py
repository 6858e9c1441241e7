"""The pages of the gateway. They need no script: the page with the QR code loads itself again."""

from __future__ import annotations

import html

from harness import qr_code as code_of

HEADERS = {
    "Cache-Control": "no-store",
    # No form-action: browsers apply it to the redirect that follows a form.
    "Content-Security-Policy": (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
SECONDS = 2
"""After which the page with the QR code loads itself again."""
STEER = "../sim/"
"""The page on which somebody is the wallet, seen from that with a QR code."""
_STYLE = """
body { font: 1.1875rem/1.4 system-ui, sans-serif; color: #212b32; background: #fff; max-width: 50rem;
  margin: 0 auto; padding: 1rem; }
section { border-top: 1px solid #4c6272; margin-bottom: 2rem; }
img { display: block; width: 16rem; height: 16rem; image-rendering: pixelated; }
img.small { width: 10rem; height: 10rem; }
fieldset { border: 0; margin: 0 0 1rem; padding: 0; }
legend { font-weight: 700; padding: 0; margin-bottom: .75rem; }
label { padding: .5rem 0; }
.choice { display: flex; align-items: center; }
.typed { margin: 0 0 .75rem 2.1rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
summary { margin-bottom: .75rem; cursor: pointer; color: #005eb8; }
input { font: inherit; max-width: 100%; box-sizing: border-box; }
input[type=radio], input[type=checkbox] { width: 1.5rem; height: 1.5rem; flex: none; margin: 0 .6rem 0 0; }
button { font: inherit; padding: .5rem 1rem; background: #00703c; color: #fff; border: 2px solid #212b32;
  cursor: pointer; margin: 0 .75rem .75rem 0; }
button.secondary { background: #f0f4f5; color: #212b32; }
.note { border-left: .5rem solid #005eb8; padding-left: 1rem; }
code { overflow-wrap: anywhere; }
a { color: #005eb8; }
a:focus, button:focus, input:focus, summary:focus { outline: 3px solid #ffeb3b; outline-offset: 2px;
  box-shadow: 0 0 0 5px #212b32; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; font-size: 1rem; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: 1rem; }
caption { text-align: left; font-weight: 700; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #4c6272;
  vertical-align: top; }
"""


def qr_code(link: str, what: str, *, picture_shown: bool = True) -> str:
    """Write the page with a QR code.

    Args:
        link: what the QR code says.
        what: what the wallet is asked, as the heading.
        picture_shown: whether the picture is there, and not the link alone.

    """
    shown = html.escape(link)
    drawn = f'<p><img src="{picture(link)}" alt="QR code for your digital wallet"></p>' if picture_shown else ""
    return page(
        what,
        f"""<p>Scan this QR code with your digital wallet. This page goes on by itself when the wallet is done.</p>
{drawn}
<p>On the device with your wallet: <a href="{shown}">open the wallet</a>.</p>
<p class="note">This is a test service. It is not the credential gateway of the NHS, and no real wallet can read
the code. <a href="{STEER}" target="_blank">Be the wallet yourself (opens in a new window)</a>.</p>""",
        head=f'<meta http-equiv="refresh" content="{SECONDS}">',
    )


def problem(text: str) -> str:
    """Write the page of a request that cannot be answered."""
    return page("There is a problem", f"<p>{html.escape(text)}</p>")


def picture(link: str) -> str:
    """Draw a QR code as a PNG in a data URI."""
    return code_of.draw(link, level="M", scale=4).url


def page(title: str, content: str, *, head: str = "") -> str:
    """Write a page around its content."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{head}
<title>{html.escape(title)} - Assay gateway</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{html.escape(title)}</h1>
{content}
</main>
</body>
</html>
"""
