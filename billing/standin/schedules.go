package standin

func (w *work) nextPhase(sub obj) error { return nil }
