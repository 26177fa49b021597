"""All arithmetic behind the notebooks: tables, claims, figures, provenance, HTML."""
