package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// desk is the stand-in's own desk, by HTTP.
type desk struct {
	url    string
	client *http.Client
}

func newDesk(url string) *desk {
	return &desk{url: url, client: &http.Client{Transport: transport, Timeout: 10 * time.Minute}}
}

// order sets faults, pairs of name and value.
func (d *desk) order(ctx context.Context, fields ...string) error {
	_, err := d.post(ctx, "/_faults", fields...)
	return err
}

// stride is what falls due together: a stop of the clock at each renewal of a
// thousand readers would cost more than all that is done there.
const stride = 6 * time.Hour

// advance moves paper time, in strides, and gives what it is then.
func (d *desk) advance(ctx context.Context, by time.Duration) (time.Time, error) {
	raw, err := d.post(ctx, "/_clock/advance", "by", by.String(), "stride", stride.String())
	if err != nil {
		return time.Time{}, err
	}
	var said struct{ Now time.Time }
	if err := json.Unmarshal(raw, &said); err != nil {
		return time.Time{}, fmt.Errorf("the stand-in's clock: %w", err)
	}
	return said.Now, nil
}

func (d *desk) post(ctx context.Context, path string, fields ...string) ([]byte, error) {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := d.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("the stand-in's %s: %d: %s", path, res.StatusCode, raw)
	}
	return raw, err
}
