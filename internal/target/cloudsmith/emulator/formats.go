package emulator

import "regexp"

// kind is what a field of a create request holds.
type kind int

const (
	text kind = iota
	// file holds an upload identifier, files an array of them.
	file
	files
)

// formField is a field of a create request besides the common ones.
type formField struct {
	name string
	kind kind
	limits
	// shown fields appear in the answer to the create call.
	shown bool
	// tag marks the stored file of a file field; "pkg" is the main one's.
	tag string
}

// format is a row of the table of package formats.
type format struct {
	slug, name string
	// kind is the number of the format, by its place in the table. The real
	// numbers are not known.
	kind       int
	extensions []string
	fields     []formField
	// identity are the attributes, besides format, that no two packages of a
	// repository share.
	identity func(*pkg) []string
	// filepaths, versioning and distributions are what GET /formats/ says the
	// format supports.
	filepaths, versioning, distributions bool
}

// optional and required are text of up to most characters, 0 for any number;
// nonBlank, unlike optional, may not be blank where it is given.
func optional(name string, most int) formField {
	return formField{name: name, limits: limits{max: most}}
}

func nonBlank(name string, most int) formField {
	return formField{name: name, limits: limits{min: 1, max: most}}
}

func required(name string, most int) formField {
	return formField{name: name, limits: limits{required: true, max: most}}
}

func companion(name, tag string) formField {
	return formField{name: name, kind: file, tag: tag, limits: limits{min: 1}}
}

func requiredFile(name, tag string) formField {
	return formField{name: name, kind: file, tag: tag, limits: limits{required: true}}
}

// byFile is the identity of formats whose file name holds all that matters:
// the Server does not open packages, it takes name and version out of it.
func byFile(p *pkg) []string { return []string{p.name, p.version, p.filename} }

func byDistribution(p *pkg) []string {
	return []string{p.name, p.version, p.filename, p.attrs["distribution"], p.attrs["component"]}
}

func byFilepath(p *pkg) []string { return []string{p.filepath} }

func byName(attrs ...string) func(*pkg) []string {
	return func(p *pkg) []string {
		id := []string{p.name, p.version}
		for _, a := range attrs {
			id = append(id, p.attrs[a])
		}
		return id
	}
}

// formatTable lists every format that the API takes, by slug.
func formatTable() map[string]*format {
	name, version := optional("name", 200), optional("version", 255)
	distribution := required("distribution", 0)
	component := nonBlank("component", 64)
	component.pattern = regexp.MustCompile(`^[-.\w]+$`)

	rows := []*format{
		{slug: "alpine", name: "Alpine", extensions: []string{".apk"}, fields: []formField{distribution}, identity: byDistribution, distributions: true},
		{slug: "cargo", name: "Cargo", extensions: []string{".crate"}},
		{slug: "cocoapods", name: "CocoaPods", extensions: []string{".tar.gz"}},
		{slug: "composer", name: "Composer", extensions: []string{".phar", ".zip"}, fields: []formField{version}},
		{slug: "conan", name: "Conan", extensions: []string{".tgz"}, fields: append([]formField{
			name, version, requiredFile("info_file", "info"), requiredFile("manifest_file", "manifest"), requiredFile("metadata_file", "metadata"),
		}, show(nonBlank("conan_prefix", 128), nonBlank("conan_channel", 128))...), identity: byName("conan_prefix", "conan_channel")},
		{slug: "conda", name: "Conda", extensions: []string{".tar.bz2", ".conda"}},
		{slug: "cran", name: "CRAN", extensions: []string{".tar.gz", ".tgz", ".zip"}, fields: append(show(nonBlank("r_version", 16)), nonBlank("architecture", 0))},
		{slug: "dart", name: "Dart", extensions: []string{".tar.gz", ".tgz"}},
		{slug: "deb", name: "Debian", extensions: []string{".deb", ".udeb", ".dsc"}, fields: []formField{
			distribution, component, companion("sources_file", "sources"), companion("changes_file", "changes"),
		}, identity: byDistribution, distributions: true},
		{slug: "docker", name: "Docker", extensions: []string{".docker", ".tar"}},
		{slug: "generic", name: "Generic", fields: []formField{required("filepath", 2083), name, version}, identity: byFilepath, filepaths: true},
		{slug: "go", name: "Go", extensions: []string{".zip"}},
		{slug: "helm", name: "Helm", extensions: []string{".tgz"}, fields: []formField{companion("provenance_file", "prov")}},
		{slug: "hex", name: "Hex", extensions: []string{".tar"}},
		{slug: "huggingface", name: "Hugging Face", extensions: []string{".zip"}},
		{slug: "luarocks", name: "LuaRocks", extensions: []string{".src.rock", ".rock"}},
		{slug: "maven", name: "Maven", extensions: []string{".jar", ".war", ".ear", ".aar", ".pom"}, fields: append([]formField{
			version, companion("pom_file", "pom"), companion("sources_file", "sources"), companion("javadoc_file", "javadoc"),
			companion("tests_file", "tests"), companion("ivy_file", "ivy"),
			{name: "extra_files", kind: files, tag: "extra"},
		}, show(optional("group_id", 2083), nonBlank("artifact_id", 0), optional("packaging", 64),
			optional("sbt_version", 64), optional("scala_version", 64))...), identity: func(p *pkg) []string { return []string{p.attrs["group_id"], p.name, p.version, p.filename} }},
		{slug: "mcp", name: "MCP", fields: []formField{version}},
		{slug: "nix", name: "Nix", extensions: []string{".nar.xz"}, fields: []formField{
			version, optional("narinfo", 0), companion("narinfo_file", "narinfo"),
		}},
		{slug: "npm", name: "npm", extensions: []string{".tgz"}, fields: []formField{nonBlank("npm_dist_tag", 255)}},
		{slug: "nuget", name: "NuGet", extensions: []string{".nupkg"}, fields: []formField{companion("symbols_file", "symbols")}},
		{slug: "p2", name: "P2", extensions: []string{".zip"}},
		{slug: "python", name: "Python", extensions: []string{".whl", ".tar.gz"}},
		{slug: "raw", name: "Raw", fields: []formField{name, version, optional("summary", 255), optional("description", 12288), nonBlank("content_type", 64)}},
		{slug: "rpm", name: "RedHat", extensions: []string{".rpm"}, fields: []formField{distribution}, identity: byDistribution, distributions: true},
		{slug: "ruby", name: "Ruby", extensions: []string{".gem"}},
		{slug: "skills", name: "Skills", fields: []formField{required("name", 0), required("version", 0)}, identity: byName()},
		{slug: "swift", name: "Swift", extensions: []string{".zip"}, fields: append(show(
			required("scope", 39), nonBlank("author_name", 0), nonBlank("author_org", 0), optional("license_url", 200), nonBlank("readme_url", 0),
		), required("name", 200), required("version", 255), nonBlank("repository_url", 0)), identity: byName("scope")},
		{slug: "terraform", name: "Terraform", extensions: []string{".tar.gz", ".zip"}},
		{slug: "vagrant", name: "Vagrant", extensions: []string{".box"}, fields: append(show(required("provider", 0)), required("name", 200), required("version", 255)), identity: byName("provider")},
		{slug: "vsx", name: "VSX", extensions: []string{".vsix"}},
	}
	table := make(map[string]*format, len(rows))
	for i, f := range rows {
		f.kind = i + 1
		if f.identity == nil {
			f.identity = byFile
		}
		f.versioning = f.slug != "generic"
		table[f.slug] = f
	}
	return table
}
