def plugin_active(organization_id, name):
    return True
