package emulator

import "slices"

// setting is a property of a repository that clients may choose. Most of them
// are kept and shown only; those that have an effect here are read by the
// methods below.
type setting struct {
	name string
	// initial is the value of a new repository; its type is that of the
	// setting: bool, string, or []string.
	initial any
	// words are the values that a string may have, if they are few.
	words []string
	// nullable strings are null while they are empty.
	nullable bool
}

// Words of several settings.
func writers() []string  { return []string{"Admin", "Write"} }
func everyone() []string { return []string{"Admin", "Write", "Read"} }
func kinds() []string    { return []string{"Public", "Private", "Open-Source"} }

// repoSettings lists the settings of the specification. Where it gives no
// default the value is a guess.
func repoSettings() []setting {
	return []setting{
		{name: "broadcast_state", initial: "Off", words: []string{"Off", "Private", "Internal", "Public", "Open-Source"}},
		{name: "content_kind", initial: "Standard", words: []string{"Standard", "Distribution", "Upstream"}},
		{name: "contextual_auth_realm", initial: true},
		{name: "copy_own", initial: true},
		{name: "copy_packages", initial: "Read", words: everyone()},
		{name: "cosign_signing_enabled", initial: false},
		{name: "default_privilege", initial: "None", words: append(everyone(), "None")},
		{name: "delete_own", initial: true},
		{name: "delete_packages", initial: "Admin", words: writers()},
		{name: "description", initial: ""},
		{name: "distributes", initial: []string{}},
		{name: "docker_refresh_tokens_enabled", initial: false},
		{name: "enforce_eula", initial: false},
		{name: "generic_package_index_enabled", initial: false},
		{name: "index_files", initial: true},
		{name: "manage_entitlements_privilege", initial: "Admin", words: everyone()},
		{name: "move_own", initial: true},
		{name: "move_packages", initial: "Admin", words: everyone()},
		{name: "nuget_native_signing_enabled", initial: false},
		{name: "open_source_license", initial: "", nullable: true},
		{name: "open_source_project_url", initial: "", nullable: true},
		{name: "proxy_npmjs", initial: false},
		{name: "proxy_pypi", initial: false},
		{name: "raw_package_index_enabled", initial: false},
		{name: "raw_package_index_signatures_enabled", initial: false},
		{name: "replace_packages", initial: "Write", words: writers()},
		{name: "replace_packages_by_default", initial: false},
		{name: "repository_type_str", initial: "Public", words: kinds()},
		{name: "resync_own", initial: true},
		{name: "resync_packages", initial: "Admin", words: writers()},
		{name: "scan_own", initial: true},
		{name: "scan_packages", initial: "Read", words: everyone()},
		{name: "show_setup_all", initial: false},
		{name: "storage_region", initial: "default", words: []string{"default"}},
		{name: "strict_npm_validation", initial: true},
		{name: "tag_pre_releases_as_latest", initial: false},
		{name: "use_debian_labels", initial: true},
		{name: "use_default_cargo_upstream", initial: false},
		{name: "use_entitlements_privilege", initial: "Read", words: everyone()},
		{name: "use_noarch_packages", initial: true},
		{name: "use_source_packages", initial: true},
		{name: "use_vulnerability_scanning", initial: true},
		{name: "user_entitlements_enabled", initial: true},
		{name: "view_statistics", initial: "Read", words: everyone()},
	}
}

// newSettings are those of a new repository.
func newSettings() map[string]any {
	m := map[string]any{}
	for _, st := range repoSettings() {
		m[st.name] = st.initial
	}
	return m
}

// readSettings reads the settings that a request gives.
func readSettings(v *validator) map[string]any {
	given := map[string]any{}
	for _, st := range repoSettings() {
		if v.in[st.name] == nil {
			continue
		}
		switch st.initial.(type) {
		case bool:
			if b := v.flag(st.name); b != nil {
				given[st.name] = *b
			}
		case []string:
			given[st.name] = v.list(st.name)
		default:
			value := v.text(st.name, limits{})
			if st.words != nil && !slices.Contains(st.words, value) {
				v.refuse(st.name, "\""+value+"\" is not a valid choice.")
			}
			given[st.name] = value
		}
	}
	return given
}

// kind is Public, Private or Open-Source.
func (r *repo) kind() string { return r.settings["repository_type_str"].(string) } //nolint:forcetypeassert // repoSettings gives each its type

// replaceByDefault says what becomes of duplicates whose request is silent.
func (r *repo) replaceByDefault() bool {
	return r.settings["replace_packages_by_default"].(bool) //nolint:forcetypeassert // as above
}
