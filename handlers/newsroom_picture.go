package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/news"
)

// storyPicture takes a picture and sets it: as the opening picture, or at the
// end of the text, from where it can be moved.
func (s *Site) storyPicture(c echo.Context, m desk.Member) error {
	got, err := s.manuscript(c, m)
	if err != nil {
		return err
	}
	alt, content, err := uploaded(c)
	var developed news.Developed
	if err == nil {
		developed, err = s.develop(c.Request().Context(), content)
	}
	if fault.Is(err, fault.Invalid) {
		return s.showEditor(c, m, http.StatusUnprocessableEntity, editor{manuscript: got, copy: got.Copy, from: got.Head, wrong: fault.SentenceOf(err)})
	}
	if err != nil {
		return err
	}
	main := developed.Main()
	figure := news.Figure{Src: main.Src(), Alt: alt, Caption: c.FormValue("caption"), Credit: c.FormValue("credit"), Width: main.Width, Height: main.Height, Set: developed.Set}
	return s.onStory(c, m, "picture", "The picture is in.", func(ctx context.Context, got news.Manuscript) (news.Manuscript, error) {
		if err := s.Newsroom.Stories.AddPicture(ctx, figure, m.ID, s.now()); err != nil {
			return got, err
		}
		copy := got.Copy
		if c.FormValue("where") == "text" {
			copy.Source += fmt.Sprintf("\n\n![%s](%s%s)\n", figure.Alt, figure.Src, pictureTitle(figure))
		} else {
			copy.Figure = &figure
		}
		kept, err := s.Newsroom.Editing.Save(ctx, news.Save{ID: got.ID, From: got.Head, Copy: copy, By: m.ID, At: s.now()})
		return kept.Manuscript, err
	})
}

func pictureTitle(f news.Figure) string {
	title := f.Caption
	if f.Credit != "" {
		title += " | " + f.Credit
	}
	if title == "" {
		return ""
	}
	return fmt.Sprintf(" %q", title)
}

// uploaded reads the file and what it shows.
func uploaded(c echo.Context) (alt string, content []byte, err error) {
	bad := func(sentence string, cause error) error {
		return fault.New(fault.Invalid, sentence+" The story is as it was.", cause)
	}
	if alt = c.FormValue("alt"); alt == "" {
		return "", nil, bad("Say what the picture shows, for those who cannot see it.", nil)
	}
	head, err := c.FormFile("picture")
	if err != nil {
		return "", nil, bad("Choose a picture.", err)
	}
	file, err := head.Open()
	if err != nil {
		return "", nil, err
	}
	defer file.Close()
	if content, err = io.ReadAll(io.LimitReader(file, news.MaxPicture+1)); err != nil {
		return "", nil, err
	}
	return alt, content, nil
}

// develop draws a picture anew and keeps its copies. One at a time: each holds
// all its pixels in memory.
func (s *Site) develop(ctx context.Context, content []byte) (news.Developed, error) {
	select {
	case s.darkroom <- struct{}{}:
		defer func() { <-s.darkroom }()
	case <-ctx.Done():
		return news.Developed{}, ctx.Err()
	}
	developed, err := news.Develop(content)
	if err != nil {
		return developed, fault.New(fault.Invalid, "That picture cannot be used: "+err.Error()+". The story is as it was.", err)
	}
	if s.Newsroom.Media == nil {
		return developed, errors.New("the newsroom has no place for pictures")
	}
	for _, p := range developed.Images {
		if err := s.Newsroom.Media.Put(ctx, p); err != nil {
			return developed, err
		}
	}
	return developed, nil
}
