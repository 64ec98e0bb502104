package diskspace

import (
	"errors"
	"runtime"
	"testing"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	free, ok := Free(t.TempDir())
	if !ok {
		t.Skipf("not known on %s", runtime.GOOS)
	}
	if err := Check(t.TempDir(), free/2); err != nil {
		t.Error(err)
	}
	if err := Check(t.TempDir(), 1<<60); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	if _, ok := Free("/no/such/directory"); ok {
		t.Error("there is room where nothing is")
	}
}
