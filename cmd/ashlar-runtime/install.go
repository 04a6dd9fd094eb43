package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

func installDuty(*app) *cobra.Command {
	return &cobra.Command{
		Use:   "install DIR",
		Short: "Copy this program into a folder, for a container with another image to run it",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return inputError{errors.New("install takes the folder to copy this program to")}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return install(args[0]) },
	}
}

// install copies the program as a whole or not at all.
func install(dir string) (err error) {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("this program's own file: %w", err)
	}
	in, err := os.Open(self)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	to := filepath.Join(dir, "ashlar-runtime")
	out, err := os.OpenFile(to+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o755) //nolint:gosec // others execute it
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}
