"""Scripts next to the documents: what makes README's moving picture, and what tries the explorers elsewhere."""
