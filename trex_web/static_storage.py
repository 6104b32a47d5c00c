"""Static files under names that carry their hash, module imports included, so that caches never lie."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedModules(ManifestStaticFilesStorage):
    """Rewrites `import … from "./x.js"` to the hashed name; no import map, so no inline script."""

    support_js_module_import_aggregation = True
