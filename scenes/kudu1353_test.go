package scenes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// The ticket names four ways out. What each does was predicted from how 0.7 works, before any was run: the event that
// unsticks the alter, or what is missing all the same.
func TestWhatEachProposalOfKUDU1353Does(t *testing.T) {
	for _, c := range []struct {
		variant string
		outcome check.Outcome
		happens []string // since M1 leads again
		never   []string
	}{
		{"default", check.Timeout, []string{"received M1 heartbeat from t1", "cell M1 replicas/* unknown"},
			[]string{"received M1 full report", "received M1 register", "sent M1 alter schema"}},
		{"full-report", check.Clean, []string{"received M1 full report from t1", "cell M1 replicas/* t*", "sent M1 alter schema"}, nil},
		// The picker finds the leader in the consensus state; what only reports tell is filled by the alter's own.
		{"hard-state", check.Clean, []string{"cell M1 disk tablet/* RUNNING t*", "sent M1 alter schema"},
			[]string{"received M1 full report"}},
		// The dirty entry was acknowledged to each master, and the follower did not read it: not enough alone.
		{"heartbeat-all", check.Timeout, []string{"cell t1 dirty/M1 nothing", "received M1 heartbeat from t1", "cell M1 replicas/* unknown"},
			[]string{"received M1 full report", "sent M1 alter schema"}},
		// The list holds servers, and it is replicas that are missing: not enough alone.
		{"persist-tservers", check.Timeout, []string{"cell M1 server/t1 *replica", "cell M1 replicas/* unknown"},
			[]string{"received M1 full report", "sent M1 alter schema"}},
		{"shipped", check.Clean, []string{"received M1 full report from t1", "cell M1 reported/* v1", "sent M1 alter schema"}, nil},
	} {
		t.Run(c.variant, func(t *testing.T) {
			s, err := Find("kudu-1353")
			require.NoError(t, err)
			r, _, err := s.runner(Options{Variant: c.variant}, false)
			require.NoError(t, err)
			require.NoError(t, r.play())
			run := r.finish(1)
			require.Equal(t, c.outcome, run.Outcome, "seed %d", run.Seed)
			require.True(t, run.AsDocumented, "seed %d", run.Seed)
			for _, text := range c.happens {
				require.Equal(t, met, r.judgeLine(t, text), text)
			}
			for _, text := range c.never {
				require.Equal(t, pending, r.judgeLine(t, text), text)
			}
		})
	}
}

// judgeLine judges a condition of the script's language at the end of a run, messages since M1 leads again.
func (r *runner) judgeLine(t *testing.T, text string) verdict {
	p := &parser{scene: r.scene, cluster: r.cluster}
	p.scene.script = append(p.scene.script, line{mark: "led"})
	if text[:4] != "cell" {
		text += " since led"
	}
	all, err := p.conditions(text)
	require.NoError(t, err)
	return r.judgeAll(all)
}

func TestTheSoftStateOfALeaderIsRebuiltFromReports(t *testing.T) {
	s, err := Find("kudu-1353")
	require.NoError(t, err)
	run, err := s.Run(Options{Variant: "shipped"})
	require.NoError(t, err)
	c := run.Trace.Cursor()
	c.Seek(trace.EventID(len(run.Trace.Events) - 1))
	for _, cell := range c.Node(1).Cells {
		if run.Trace.Text(cell.Key) != "server/t2" {
			continue
		}
		e := run.Trace.Events[cell.Source]
		require.Equal(t, trace.Receive, e.Kind)
		require.Equal(t, "t2", run.Trace.Node(e.Peer).ID, "a cell says whose heartbeat it is from")
		return
	}
	require.Fail(t, "M1 knows nothing of t2")
}
