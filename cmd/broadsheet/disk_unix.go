//go:build linux || darwin

package main

import "syscall"

// diskOf is what is free of the disk on which a folder lies, and all of it, in
// bytes; 0 and 0 where that cannot be told.
func diskOf(dir string) (free, all int64) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, 0
	}
	block := int64(fs.Bsize)
	return int64(fs.Bavail) * block, int64(fs.Blocks) * block
}
