/* The lease and its fencing, before the backend that several agents share is written: one stream of
 * the journal, AGENTS agents, each may be paused at any statement for as long as it likes, die and
 * come back; the lease's end is judged by clocks that may be wrong, so it may be taken at any time.
 *
 * What must hold whatever the clocks say:
 *   - a record is appended only by the newest owner (its fencing epoch), one after the other;
 *   - who appends has read everything before (it stepped on the newest state);
 *   - an effect leaves only after its record, and only records have effects;
 *   - a site of one host is owned by that host's agent alone (HOST_BOUND).
 * -DNO_FENCE (epoch looked at before the transaction, not in it), -DBLIND (a new owner does not read
 * the journal first) and -DEAGER (effects before the record) are the mistakes; each must be found. */

#ifndef AGENTS
#define AGENTS 3
#endif
#define RECORDS 4
#define DEATHS  2

byte epoch;              /* of the lease: grows with each taking */
byte owner = 255;
byte length;             /* records of the stream */
byte last_epoch;         /* of the newest record */
byte deaths;
bool durable[RECORDS + 2];
bool effected[RECORDS + 2];

inline take() {
  atomic {               /* one transaction: UPDATE leases SET epoch = epoch + 1 … */
    if
    :: epoch < 6 ->
       epoch++;
       owner = _pid;
       mine = epoch;
#ifndef BLIND
       seen = length     /* and the stream is read behind it */
#endif
    :: else -> skip      /* enough takings for this scope */
    fi
  }
}

inline append() {
#ifdef NO_FENCE
  fresh = (mine == epoch && owner == _pid);   /* looked at; the transaction comes later */
  atomic {
    if
    :: fresh && length < RECORDS ->
#else
  atomic {               /* the epoch is checked in the transaction that appends */
    fresh = (mine == epoch && owner == _pid);
    if
    :: fresh && length < RECORDS ->
#endif
       assert(mine >= last_epoch);            /* no stale owner writes */
       assert(mine == epoch);
       assert(seen == length);                /* stepped on the newest state */
       length++;
       durable[length] = true;
       seen = length;
       last_epoch = mine
    :: else -> mine = 0                       /* fenced: it steps down */
    fi
  }
}

inline effect(n) {       /* idempotent, so that twice is once; never of what is not recorded */
  atomic {
    assert(durable[n]);
    effected[n] = true
  }
}

proctype Agent() {
  byte mine = 0, seen = 0;
  bool fresh = false;
  do
  :: mine == 0 && length < RECORDS ->
#ifdef HOST_BOUND
     if
     :: _pid == 1 -> take()
     :: else -> skip      /* shows `unreachable`, refuses verbs */
     fi
#else
     take()              /* free, or run out by this agent's clock: any time */
#endif
  :: mine != 0 && length < RECORDS ->
#ifdef EAGER
     effect(seen + 1);
#endif
     append();
     if
     :: mine != 0 -> effect(seen)
     :: else -> skip
     fi
  :: atomic { deaths < DEATHS -> deaths++; mine = 0; seen = 0 }   /* killed: memory is gone */
  :: length == RECORDS -> break
  :: epoch >= 6 -> break  /* enough takings for this scope */
  od
}

init {
  byte n;
  atomic {
    for (n : 1 .. AGENTS) { run Agent() }
  }
}
