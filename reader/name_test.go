package reader_test

import (
	"testing"

	"broadsheet/reader"
)

func TestNameForm(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": "", "Maud Ferreira": "maud ferreira", " Élodie  Núñez\t": "elodie nunez", "ÅSA": "asa", "ﬁn": "fin", "李 小": "李 小",
	} {
		if got := reader.NameForm(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
