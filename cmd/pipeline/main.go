// Command pipeline moves package artifacts from S3 to Cloudsmith and proves
// that every one arrived.
package main

import (
	"os"

	"github.com/longshore/longshore/cmd/pipeline/app"
	"github.com/longshore/longshore/stages"
)

func main() {
	os.Exit(app.Main(os.Args[1:], stages.All()))
}
