package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// serveBare gives each answer of a folder at its own path, with its length, and
// does nothing else: what net/http itself costs.
func serveBare(ctx context.Context, o options) error {
	mux := http.NewServeMux()
	files, err := os.ReadDir(o.bare)
	if err != nil {
		return err
	}
	for _, f := range files {
		body, err := os.ReadFile(filepath.Join(o.bare, f.Name()))
		if err != nil {
			return err
		}
		length := []string{strconv.Itoa(len(body))}
		kind := []string{"text/html; charset=utf-8"}
		mux.HandleFunc("/"+f.Name(), func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h["Content-Type"], h["Content-Length"] = kind, length
			_, _ = w.Write(body)
		})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	server := &http.Server{Handler: mux}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// startBare writes the answers down and starts this program again to give them.
func startBare(dir string, rows map[rowKey]*row) (*child, error) {
	folder := filepath.Join(dir, "bare")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := os.WriteFile(filepath.Join(folder, r.file), r.body, 0o600); err != nil {
			return nil, err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "-bare", folder)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the bare server does not say where it is: %w", err), cmd.Process.Kill())
	}
	return &child{addr: strings.TrimSpace(addr), cmd: cmd}, nil
}
