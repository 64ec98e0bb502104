package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// machine is where something was measured, and what state of this project.
type machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory string `json:"memory"`
	System string `json:"system"`
	Go     string `json:"go"`
	Commit string `json:"commit"`
}

func thisMachine() machine {
	m := machine{Cores: runtime.NumCPU(), Go: runtime.Version()}
	field := func(file, key string) string {
		b, err := os.ReadFile(file)
		if err != nil {
			return ""
		}
		for line := range strings.Lines(string(b)) {
			if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
				return strings.TrimSpace(v)
			}
		}
		return ""
	}
	m.CPU, m.Memory = field("/proc/cpuinfo", "model name"), field("/proc/meminfo", "MemTotal")
	run := func(name string, args ...string) string {
		b, err := exec.CommandContext(context.Background(), name, args...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(b))
	}
	m.System = run("uname", "-sr")
	m.Commit = run("git", "rev-parse", "--short", "HEAD")
	if run("git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude,top)docs") != "" {
		m.Commit += " with changes"
	}
	return m
}
