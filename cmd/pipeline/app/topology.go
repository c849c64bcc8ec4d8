package app

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/longshore/longshore/stages/stage"
	"github.com/longshore/longshore/topology"
)

func (a *app) topologyCommand() *cobra.Command {
	var file, format string
	c := &cobra.Command{
		Use:   "topology",
		Short: "Check and draw the flow of stages and topics",
		Long: `Check and draw the flow of stages and topics. With --file another drawing is
checked; all of its mistakes are reported at once, each with its line.
` + exitHelp,
		RunE: func(*cobra.Command, []string) error {
			plan, err := compile(file, a.specs)
			if err != nil {
				return exitWith(exitUsage, err)
			}
			text, err := topology.Draw(plan, topology.Format(format))
			if err != nil {
				return exitWith(exitUsage, err)
			}
			_, err = fmt.Fprint(a.stdout, text)
			return err
		},
	}
	c.Flags().StringVar(&file, "file", "", "topology `file` (default: the built-in flow)")
	// Shadows the general -o: drawings have formats of their own.
	c.Flags().StringVarP(&format, "output", "o", "text", "`format`: text, mermaid, dot or json")
	return c
}

// compile reads and checks a drawing; the built-in one if file is empty.
func compile(file string, specs []stage.Spec) (*topology.Plan, error) {
	if file == "" {
		return topology.Compile(topology.Default(), specs)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("topology file: %w: correct --file", err)
	}
	graph, err := topology.Parse(file, text)
	if err != nil {
		return nil, err
	}
	return topology.Compile(graph, specs)
}
