"""The bundled reference issuer: a conformant counterpart whose every defect has a name."""
