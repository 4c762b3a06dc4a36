package numbers

// Tally is how often each thing happened.
type Tally struct {
	Reads          int64
	RegisterWalls  int64
	SubscribeWalls int64
	Registered     int64
	Begun          int64
	Bought         int64
}

// Walls is how often a gate was closed, whatever it asked for.
func (t Tally) Walls() int64 { return t.RegisterWalls + t.SubscribeWalls }

// Plus adds two tallies.
func (t Tally) Plus(o Tally) Tally {
	return Tally{
		t.Reads + o.Reads, t.RegisterWalls + o.RegisterWalls, t.SubscribeWalls + o.SubscribeWalls,
		t.Registered + o.Registered, t.Begun + o.Begun, t.Bought + o.Bought,
	}
}

// Add counts n of a thing.
func (t *Tally) Add(what What, n int64) {
	switch what {
	case Read:
		t.Reads += n
	case RegisterWall:
		t.RegisterWalls += n
	case SubscribeWall:
		t.SubscribeWalls += n
	case Registered:
		t.Registered += n
	case Begun:
		t.Begun += n
	case Bought:
		t.Bought += n
	}
}

// Dim is what a sum is kept by.
type Dim string

// The sums beside the count by the hour.
const (
	OfPaper  Dim = "paper"  // all of it; the name is ''
	OfStory  Dim = "story"  // by the story's id
	OfSource Dim = "source" // by where readers came from
)
