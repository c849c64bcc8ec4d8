package bindings

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	cloudsmith "github.com/cloudsmith-io/cloudsmith-api-go"
)

// scope is the groups of calls that a migration, its operators and the tools
// around it use. All their methods must succeed, except those of outOfScope.
func scope() []any {
	c := cloudsmith.NewAPIClient(cloudsmith.NewConfiguration())
	return []any{
		c.AuditLogApi, c.DistrosApi, c.EntitlementsApi, c.FilesApi, c.FormatsApi, c.MetricsApi, c.NamespacesApi, c.PackagesApi,
		c.QuotaApi, c.RatesApi, c.ReposApi, c.StatusApi, c.StorageRegionsApi, c.UserApi, c.UsersApi,
	}
}

// outOfScope is what the local Cloudsmith does not have, by the beginning of
// the name: access rules, signing keys and upstreams of repositories, none of
// which a migration touches.
func outOfScope() []string {
	return []string{
		"ReposApiService.ReposUpstream", "ReposApiService.ReposGeoip", "ReposApiService.ApiReposGeoip", "ReposApiService.ReposPrivileges",
		"ReposApiService.ReposEcdsa", "ReposApiService.ReposGpg", "ReposApiService.ReposRsa", "ReposApiService.ReposX509",
		"ReposApiService.ReposTransferRegion",
	}
}

// methods lists what the client offers within the scope.
func methods() []string {
	var names []string
	for _, service := range scope() {
		typ := reflect.TypeOf(service)
		for i := range typ.NumMethod() {
			method, is := strings.CutSuffix(typ.Method(i).Name, "Execute")
			name := typ.Elem().Name() + "." + method
			if is && !excluded(name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func excluded(name string) bool {
	for _, prefix := range outOfScope() {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// TestMain wants every method to have succeeded once all tests have run.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	whole := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" && flag.Lookup("test.list").Value.String() == ""
	if code == 0 && whole {
		code = reportCoverage()
	}
	os.Exit(code)
}

func reportCoverage() int {
	all := methods()
	missing := 0
	for _, name := range all {
		if !succeeded.has(name) {
			fmt.Printf("no test calls %s with success\n", name)
			missing++
		}
	}
	if missing > 0 {
		return 1
	}
	fmt.Printf("%d methods of the official client succeeded\n", len(all))
	return 0
}
