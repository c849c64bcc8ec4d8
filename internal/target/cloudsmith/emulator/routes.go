package emulator

import "net/http"

// routeTable is everything that the Server answers. Of two patterns that both
// fit the first one counts.
func (s *Server) routeTable() []route { //nolint:funlen // a table
	const (
		get, post, put, patch, del, head = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead
		in                               = "/packages/{owner}/{repo}/"
		one                              = in + "{id}/"
		fileOf                           = "/files/{owner}/{repo}/"
		tokensOf                         = "/entitlements/{owner}/{repo}/" //nolint:gosec // a path
		dl                               = "/{visibility}/{owner}/{repo}/"
	)
	table := []route{
		{role: RoleAPI, method: get, pattern: "/status/check/basic/", access: open, handle: s.serviceStatus},
		{role: RoleAPI, method: get, pattern: "/user/self/", access: forAnyone, handle: s.self},
		{role: RoleAPI, method: get, pattern: "/user/tokens/", handle: s.listKeys},
		{role: RoleAPI, method: post, pattern: "/user/tokens/", handle: s.createKey},
		{role: RoleAPI, method: put, pattern: "/user/tokens/{id}/refresh/", handle: s.refreshKey},
		{role: RoleAPI, method: post, pattern: "/user/token/", access: forAnyone, handle: s.logIn},
		{role: RoleAPI, method: get, pattern: "/users/profile/{slug}/", access: forAnyone, handle: s.profile},
		{role: RoleAPI, method: get, pattern: "/rates/limits/", access: forAnyone, handle: s.rates},

		{role: RoleAPI, method: post, pattern: fileOf, handle: s.createFile},
		{role: RoleAPI, method: post, pattern: fileOf + "validate/", handle: s.validateFile},
		{role: RoleAPI, method: post, pattern: fileOf + "{id}/complete/", handle: s.completeFile},
		{role: RoleAPI, method: get, pattern: fileOf + "{id}/info/", handle: s.fileInfo},
		{role: RoleAPI, method: post, pattern: fileOf + "{id}/abort/", handle: s.abortFile},

		{role: RoleAPI, method: post, pattern: in + "validate-upload/{format}/", handle: s.validatePackage},
		{role: RoleAPI, method: post, pattern: createRoute, handle: s.createPackage},
		{role: RoleAPI, method: get, pattern: "/packages/{owner}/", handle: s.listWorkspace},
		{role: RoleAPI, method: get, pattern: in, handle: s.listPackages},
		{role: RoleAPI, method: post, pattern: "/packages/{owner}/bulk-action/", handle: s.bulkAction},
		{role: RoleAPI, method: post, pattern: "/bulk-action/{owner}/", handle: s.bulkAction},
		{role: RoleAPI, method: get, pattern: in + "groups/", handle: s.listGroups},
		{role: RoleAPI, method: get, pattern: one, handle: s.getPackage},
		{role: RoleAPI, method: del, pattern: one, handle: s.deletePackage},
		{role: RoleAPI, method: get, pattern: one + "status/", handle: s.packageStatus},
		{role: RoleAPI, method: post, pattern: one + "resync/", handle: s.resyncPackage},
		{role: RoleAPI, method: post, pattern: one + "copy/", handle: s.copyPackage},
		{role: RoleAPI, method: post, pattern: one + "move/", handle: s.movePackage},
		{role: RoleAPI, method: post, pattern: one + "tag/", handle: s.tagPackage},
		{role: RoleAPI, method: post, pattern: one + "quarantine/", handle: s.quarantinePackage},
		{role: RoleAPI, method: get, pattern: one + "dependencies/", handle: s.dependencies},
		{role: RoleAPI, method: post, pattern: one + "scan/", handle: s.scanPackage},
		{role: RoleAPI, method: patch, pattern: one + "update-license/", handle: s.updateLicense},

		{role: RoleAPI, method: get, pattern: "/repos/", handle: s.listRepos},
		{role: RoleAPI, method: get, pattern: "/repos/{owner}/", handle: s.listRepos},
		{role: RoleAPI, method: post, pattern: "/repos/{owner}/", handle: s.createRepo},
		{role: RoleAPI, method: get, pattern: "/repos/{owner}/{repo}/", handle: s.getRepo},
		{role: RoleAPI, method: patch, pattern: "/repos/{owner}/{repo}/", handle: s.patchRepo},
		{role: RoleAPI, method: del, pattern: "/repos/{owner}/{repo}/", handle: s.deleteRepo},

		{role: RoleAPI, method: get, pattern: "/repos/{owner}/{repo}/retention/", handle: s.getRetention},
		{role: RoleAPI, method: patch, pattern: "/repos/{owner}/{repo}/retention/", handle: s.patchRetention},

		{role: RoleAPI, method: get, pattern: tokensOf, handle: s.listTokens},
		{role: RoleAPI, method: post, pattern: tokensOf, handle: s.createToken},
		{role: RoleAPI, method: post, pattern: tokensOf + "sync/", handle: s.syncTokens},
		{role: RoleAPI, method: get, pattern: tokensOf + "{id}/", handle: s.getToken},
		{role: RoleAPI, method: patch, pattern: tokensOf + "{id}/", handle: s.patchToken},
		{role: RoleAPI, method: del, pattern: tokensOf + "{id}/", handle: s.deleteToken},
		{role: RoleAPI, method: post, pattern: tokensOf + "{id}/enable/", handle: s.enableToken},
		{role: RoleAPI, method: post, pattern: tokensOf + "{id}/disable/", handle: s.disableToken},
		{role: RoleAPI, method: post, pattern: tokensOf + "{id}/refresh/", handle: s.refreshToken},
		{role: RoleAPI, method: post, pattern: tokensOf + "{id}/reset/", handle: s.resetToken},

		{role: RoleAPI, method: get, pattern: "/metrics/packages/{owner}/{repo}/", handle: s.packageMetrics},
		{role: RoleAPI, method: get, pattern: "/metrics/entitlements/{owner}/", handle: s.tokenMetrics},
		{role: RoleAPI, method: get, pattern: "/metrics/entitlements/{owner}/{repo}/", handle: s.tokenMetrics},
		{role: RoleAPI, method: get, pattern: "/quota/{owner}/", handle: s.quota},
		{role: RoleAPI, method: get, pattern: "/quota/history/{owner}/", handle: s.quotaHistory},
		{role: RoleAPI, method: get, pattern: "/quota/oss/{owner}/", handle: s.quota},
		{role: RoleAPI, method: get, pattern: "/quota/oss/history/{owner}/", handle: s.quotaHistory},
		{role: RoleAPI, method: get, pattern: "/namespaces/", handle: s.listNamespaces},
		{role: RoleAPI, method: get, pattern: "/namespaces/{slug}/", handle: s.getNamespace},
		{role: RoleAPI, method: get, pattern: "/distros/", access: forAnyone, handle: s.listDistros},
		{role: RoleAPI, method: get, pattern: "/distros/{slug}/", access: forAnyone, handle: s.listDistros},
		{role: RoleAPI, method: get, pattern: "/formats/", access: forAnyone, handle: s.listFormats},
		{role: RoleAPI, method: get, pattern: "/formats/{slug}/", access: forAnyone, handle: s.getFormat},
		{role: RoleAPI, method: get, pattern: "/storage-regions/", access: forAnyone, handle: s.listRegions},
		{role: RoleAPI, method: get, pattern: "/storage-regions/{slug}/", access: forAnyone, handle: s.getRegion},
		{role: RoleAPI, method: get, pattern: "/audit-log/{owner}/", handle: s.auditLog},
		{role: RoleAPI, method: get, pattern: "/audit-log/{owner}/{repo}/", handle: s.auditLog},

		{role: RoleUpload, method: put, pattern: "/{owner}/{repo}/{filename}", access: hidden, handle: s.put},
		{role: RoleS3, method: post, pattern: "/", access: open, handle: s.s3Post},
		{role: RoleS3, method: put, pattern: "/uploads/{id}/{filename}", access: open, handle: s.s3Put},

		{role: roleControl, method: get, pattern: "/stats", handle: s.controlStats},
		{role: roleControl, method: get, pattern: "/packages", handle: s.controlPackages},
		{role: roleControl, method: get, pattern: "/faults", handle: s.controlFaults},
		{role: roleControl, method: post, pattern: "/faults", handle: s.controlAddFaults},
		{role: roleControl, method: del, pattern: "/faults", handle: s.controlClearFaults},
		{role: roleControl, method: del, pattern: "/faults/{id}", handle: s.controlRemoveFault},
		{role: roleControl, method: post, pattern: "/reset", handle: s.controlReset},
	}
	for _, method := range []string{get, head} {
		table = append(table,
			route{role: RoleDownload, method: method, pattern: dl + "generic/download/{filepath...}", access: open, handle: s.downloadGeneric},
			route{role: RoleDownload, method: method, pattern: dl + "raw/files/{filename}", access: open, handle: s.downloadRaw},
			route{role: RoleDownload, method: method, pattern: dl + "raw/versions/{version}/{filename}", access: open, handle: s.downloadRaw},
			route{role: RoleDownload, method: method, pattern: dl + "raw/names/{name}/files/{filename}", access: open, handle: s.downloadRaw},
			route{role: RoleDownload, method: method, pattern: dl + "raw/names/{name}/versions/{version}/{filename}", access: open, handle: s.downloadRaw},
			route{role: RoleDownload, method: method, pattern: dl + "{format}/packages/{id}/{file}/{filename}", access: open, handle: s.downloadFile},
		)
	}
	return table
}
