/*
 * The structure of 2007 in C: what a pid allocator costs where nothing stands between the program and the machine.
 *
 *     namespace          bitmap pages                     hash table
 *     +----------+       +--------------------+           +------+
 *     | map[128] | ----> | 32,768 bits, 1 page|           | slot | --> upid --> upid
 *     | last     |       +--------------------+           +------+     <--pprev--
 *     | parent   |
 *     | free     | ----> pid --> pid: the slab list, the most recently freed first
 *     +----------+
 *
 *     pid: count, level, first task of each type; then one upid for each level, root first
 *     upid: nr, ns, next and pprev in its hash chain, and its pid
 *
 * A bit is taken and given back by an atomic operation, and so is a page's count of free numbers, as the kernel does it
 * without a lock. The rest is what the kernel does under one, without the lock: one thread runs here. What a strategy of
 * pidlab does on top is checking: its handles are numbers that any caller may make up, and these are pointers.
 *
 * Called by the benchmark for one cell:
 *
 *     native SCENARIO LIVE LEVEL ORDER PID_MAX SEED WARMUP_MS WAKE_MS TURN_MS MEASURE_MS SAMPLES
 *
 * It makes that ready and then takes turns, as the benchmark's other processes do: it reads a line, `warm up`, `measure` or
 * `finish`, and answers with a line of JSON.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PID_MAX_LIMIT (4 * 1024 * 1024)
#define RESERVED_PIDS 300
#define BITS_PER_PAGE 32768
#define PIDMAP_ENTRIES (PID_MAX_LIMIT / BITS_PER_PAGE)
#define PIDTYPE_MAX 4
/* Draws in a table of choices, as in random.ts: more than any branch predictor learns. */
#define DRAWS (1 << 20)
/* Of the scenario `order`: few enough to be learnt. */
#define CYCLE 1000

struct pid;
struct ns;

struct upid {
	int nr;
	struct ns *ns;
	struct upid *next;   /* hash chain */
	struct upid **pprev; /* what points here in the chain */
	struct pid *pid;
};

struct pid {
	atomic_int count;
	int level;
	void *tasks[PIDTYPE_MAX];
	struct pid *next_free;
	struct upid numbers[]; /* one for each level, root first */
};

struct pidmap {
	atomic_int nr_free;
	_Atomic uint64_t *page; /* comes with its first number */
};

struct ns {
	struct pidmap map[PIDMAP_ENTRIES];
	int last;
	int level;
	struct ns *parent;
	struct pid *free;
};

static struct upid **hash;
static int hash_shift;
static int pid_max;

static void *checked(void *memory)
{
	if (!memory) {
		fputs("out of memory\n", stderr);
		exit(3);
	}
	return memory;
}

/* ---- bitmap ---------------------------------------------------------------------------------------------------- */

static void add_page(struct pidmap *map)
{
	map->page = checked(aligned_alloc(4096, BITS_PER_PAGE / 8));
	memset((void *)map->page, 0, BITS_PER_PAGE / 8);
}

/* The next bit of a page that is not set, from `offset` on; BITS_PER_PAGE where there is none. */
static int next_zero(struct pidmap *map, int offset)
{
	for (int word = offset >> 6; word < BITS_PER_PAGE / 64; word++) {
		uint64_t free = ~atomic_load_explicit(&map->page[word], memory_order_relaxed);
		if (word == offset >> 6)
			free &= ~0ull << (offset & 63);
		if (free)
			return word * 64 + __builtin_ctzll(free);
	}
	return BITS_PER_PAGE;
}

/* The next free number after the one given last, in a cycle that starts again at RESERVED_PIDS; -1 when all are taken. */
static int alloc_pidmap(struct ns *ns)
{
	int nr = ns->last + 1;
	if (nr >= pid_max)
		nr = RESERVED_PIDS;
	int offset = nr & (BITS_PER_PAGE - 1);
	struct pidmap *map = &ns->map[nr / BITS_PER_PAGE];
	struct pidmap *end = &ns->map[(pid_max - 1) / BITS_PER_PAGE];
	int pages = (pid_max + BITS_PER_PAGE - 1) / BITS_PER_PAGE - !offset;
	for (int i = 0; i <= pages; i++) {
		if (!map->page)
			add_page(map);
		if (atomic_load_explicit(&map->nr_free, memory_order_relaxed)) {
			do {
				uint64_t bit = 1ull << (offset & 63);
				if (!(atomic_fetch_or(&map->page[offset >> 6], bit) & bit)) {
					atomic_fetch_sub(&map->nr_free, 1);
					ns->last = nr;
					return nr;
				}
				offset = next_zero(map, offset);
				nr = (int)(map - ns->map) * BITS_PER_PAGE + offset;
			} while (offset < BITS_PER_PAGE && nr < pid_max);
		}
		if (map < end) {
			map++;
			offset = 0;
		} else {
			map = &ns->map[0];
			offset = RESERVED_PIDS;
		}
		nr = (int)(map - ns->map) * BITS_PER_PAGE + offset;
	}
	return -1;
}

static void free_pidmap(struct ns *ns, int nr)
{
	struct pidmap *map = &ns->map[nr / BITS_PER_PAGE];
	int offset = nr & (BITS_PER_PAGE - 1);
	atomic_fetch_and(&map->page[offset >> 6], ~(1ull << (offset & 63)));
	atomic_fetch_add(&map->nr_free, 1);
}

/* ---- hash ------------------------------------------------------------------------------------------------------ */

static struct upid **slot_of(int nr, struct ns *ns)
{
	return &hash[((uint64_t)nr + (uint64_t)(uintptr_t)ns) * 0x61C8864680B583EBull >> hash_shift];
}

static void hash_upid(struct upid *upid)
{
	struct upid **slot = slot_of(upid->nr, upid->ns);
	upid->next = *slot;
	if (*slot)
		(*slot)->pprev = &upid->next;
	*slot = upid;
	upid->pprev = slot;
}

static void unhash_upid(struct upid *upid)
{
	*upid->pprev = upid->next;
	if (upid->next)
		upid->next->pprev = upid->pprev;
}

/* ---- pids ------------------------------------------------------------------------------------------------------ */

static struct pid *new_record(struct ns *ns)
{
	struct pid *pid = ns->free;
	if (pid) {
		ns->free = pid->next_free;
		return pid;
	}
	size_t bytes = sizeof(*pid) + (ns->level + 1) * sizeof(struct upid);
	return checked(aligned_alloc(64, (bytes + 63) & ~(size_t)63));
}

static struct pid *alloc_pid(struct ns *ns)
{
	struct pid *pid = new_record(ns);
	struct ns *at = ns;
	for (int level = ns->level; level >= 0; level--, at = at->parent) {
		int nr = alloc_pidmap(at);
		if (nr < 0) {
			fputs("every number is taken\n", stderr);
			exit(3);
		}
		pid->numbers[level] = (struct upid){ .nr = nr, .ns = at, .pid = pid };
	}
	pid->level = ns->level;
	memset(pid->tasks, 0, sizeof(pid->tasks));
	atomic_store(&pid->count, 1);
	for (int level = ns->level; level >= 0; level--)
		hash_upid(&pid->numbers[level]);
	return pid;
}

static void put_pid(struct pid *pid)
{
	/* Whoever has the last reference needs no atomic operation to know it. */
	if (atomic_load(&pid->count) != 1 && atomic_fetch_sub(&pid->count, 1) != 1)
		return;
	struct ns *ns = pid->numbers[pid->level].ns;
	pid->next_free = ns->free;
	ns->free = pid;
}

static void free_pid(struct pid *pid)
{
	for (int level = 0; level <= pid->level; level++)
		unhash_upid(&pid->numbers[level]);
	for (int level = 0; level <= pid->level; level++)
		free_pidmap(pid->numbers[level].ns, pid->numbers[level].nr);
	put_pid(pid);
}

static struct pid *find_pid_ns(int nr, struct ns *ns)
{
	for (struct upid *upid = *slot_of(nr, ns); upid; upid = upid->next)
		if (upid->nr == nr && upid->ns == ns)
			return upid->pid;
	return NULL;
}

/* The number of a pid in a namespace, 0 where it has none. */
static int pid_nr_ns(const struct pid *pid, const struct ns *ns)
{
	if (!pid || ns->level > pid->level)
		return 0;
	const struct upid *upid = &pid->numbers[ns->level];
	return upid->ns == ns ? upid->nr : 0;
}

static struct ns *create_ns(struct ns *parent)
{
	struct ns *ns = checked(calloc(1, sizeof(*ns)));
	for (int i = 0; i < PIDMAP_ENTRIES; i++)
		atomic_init(&ns->map[i].nr_free, BITS_PER_PAGE);
	/* Number 0 is nobody's. */
	add_page(&ns->map[0]);
	ns->map[0].page[0] = 1;
	atomic_init(&ns->map[0].nr_free, BITS_PER_PAGE - 1);
	ns->parent = parent;
	ns->level = parent ? parent->level + 1 : 0;
	return ns;
}

/* ---- choices --------------------------------------------------------------------------------------------------- */

static uint64_t random_state;

/* splitmix64 */
static uint64_t next_random(void)
{
	uint64_t z = random_state += 0x9E3779B97F4A7C15ull;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ z >> 27) * 0x94D049BB133111EBull;
	return z ^ z >> 31;
}

/* Independent draws from [0, below), made before the clock starts and read in order. */
static int *draw(int count, int below)
{
	int *table = checked(malloc(sizeof(*table) * count));
	for (int i = 0; i < count; i++)
		table[i] = (int)((next_random() >> 32) * (uint64_t)below >> 32);
	return table;
}

/* ---- what is timed --------------------------------------------------------------------------------------------- */

static struct {
	struct ns *ns;
	struct pid **live;
	int *table; /* who dies, or which number is asked for */
	int length;
	int at;
	int ops;
	int64_t calls;
	int64_t found;
	struct pid *last; /* who was found last */
} bench;

static void run_churn(void)
{
	for (int i = 0; i < bench.ops; i++) {
		int slot = bench.table[bench.at];
		if (++bench.at == bench.length)
			bench.at = 0;
		free_pid(bench.live[slot]);
		bench.live[slot] = alloc_pid(bench.ns);
	}
}

/* Who was found is kept, as the benchmark's other loops keep it. */
static void run_lookup(void)
{
	int found = 0;
	struct pid *last = bench.last;
	for (int i = 0; i < bench.ops; i++) {
		struct pid *pid = find_pid_ns(bench.table[bench.at], bench.ns);
		if (pid) {
			found++;
			last = pid;
		}
		if (++bench.at == bench.length)
			bench.at = 0;
	}
	bench.last = last;
	bench.calls += bench.ops;
	bench.found += found;
}

static void run_use(void)
{
	int found = 0;
	for (int i = 0; i < bench.ops; i++) {
		int nr = bench.table[bench.at];
		if (pid_nr_ns(find_pid_ns(nr, bench.ns), bench.ns) == nr)
			found++;
		if (++bench.at == bench.length)
			bench.at = 0;
	}
	bench.calls += bench.ops;
	bench.found += found;
}

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Samples in ns per operation, how many there are, and before which ones a turn began. */
static double *samples;
static int sample_count, sample_room;
static int *turns;
static int turn_count;

/* Adds samples of at least `ms` in all and at least `least`. */
static void sample(void (*run)(void), double ms, int least)
{
	double begin = now_ns();
	for (int i = 0; i < least || now_ns() - begin < ms * 1e6; i++) {
		if (sample_count == sample_room)
			samples = checked(realloc(samples, sizeof(*samples) * (sample_room = 2 * sample_room + 1024)));
		double start = now_ns();
		run();
		samples[sample_count++] = (now_ns() - start) / bench.ops;
	}
}

/* A window of warm-up, none of whose samples count; the median. */
static double warm_up(void (*run)(void), double ms)
{
	sample(run, ms, 3);
	qsort(samples, sample_count, sizeof(*samples), by_value);
	double median = samples[sample_count / 2];
	sample_count = 0;
	return median;
}

/* A turn of samples: the first of it only brings back to the caches what others have driven out. */
static void take_turn(void (*run)(void), double wake_ms, double turn_ms)
{
	int had = sample_count;
	sample(run, wake_ms, 1);
	sample_count = had;
	turns = checked(realloc(turns, sizeof(*turns) * (turn_count + 1)));
	turns[turn_count++] = had;
	sample(run, turn_ms, 1);
}

static void answer_more(bool more)
{
	printf("{\"more\":%s}\n", more ? "true" : "false");
	fflush(stdout);
}

/* Numbers that nobody has, in order. */
static int *free_numbers(int live, int *count)
{
	int *numbers = checked(malloc(sizeof(*numbers) * pid_max));
	*count = 0;
	for (int nr = 1; nr < pid_max && *count < pid_max - 1 - live; nr++)
		if (!find_pid_ns(nr, bench.ns))
			numbers[(*count)++] = nr;
	return numbers;
}

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(4);
}

int main(int argc, char **argv)
{
	if (argc != 12) {
		fputs("usage: native SCENARIO LIVE LEVEL ORDER PID_MAX SEED WARMUP_MS WAKE_MS TURN_MS MEASURE_MS SAMPLES\n", stderr);
		return 2;
	}
	/* Ctrl-C ends the benchmark after this measurement. */
	signal(SIGINT, SIG_IGN);
	const char *scenario = argv[1];
	int live = atoi(argv[2]), level = atoi(argv[3]);
	bool is_oldest = !strcmp(argv[4], "oldest"), is_cycle = !strncmp(argv[4], "cycle", 5);
	pid_max = atoi(argv[5]);
	random_state = strtoull(argv[6], NULL, 10);

	/* Two slots for each pid, as the strategies have by default. */
	int bits = 4;
	while (1ll << bits < 2ll * live)
		bits++;
	hash = checked(calloc((size_t)1 << bits, sizeof(*hash)));
	hash_shift = 64 - bits;

	struct ns *ns = create_ns(NULL);
	for (int i = 0; i < level; i++)
		ns = create_ns(ns);
	bench.ns = ns;
	bench.live = checked(malloc(sizeof(*bench.live) * live));
	for (int i = 0; i < live; i++)
		bench.live[i] = alloc_pid(ns);
	/* Aged: an eighth, drawn at random, is replaced, except where the oldest dies first. */
	for (int i = 0; i < live / 8 && !is_oldest; i++) {
		int slot = (int)((next_random() >> 32) * (uint64_t)live >> 32);
		free_pid(bench.live[slot]);
		bench.live[slot] = alloc_pid(ns);
	}

	bool is_churn = !strcmp(scenario, "churn"), is_miss = !strcmp(scenario, "lookup-miss");
	void (*run)(void) = is_churn ? run_churn : !strcmp(scenario, "lookup-use") ? run_use : run_lookup;
	bench.ops = is_churn ? 500 : 2000;
	bench.length = is_oldest ? live : live > DRAWS ? live : DRAWS;
	if (is_oldest) {
		bench.table = checked(malloc(sizeof(*bench.table) * live));
		for (int i = 0; i < live; i++)
			bench.table[i] = i;
	} else if (is_miss) {
		int count;
		int *numbers = free_numbers(live, &count);
		bench.table = draw(bench.length, count);
		for (int i = 0; i < bench.length; i++)
			bench.table[i] = numbers[bench.table[i]];
		free(numbers);
	} else {
		bench.table = draw(bench.length, live);
		for (int i = 0; i < bench.length && !is_churn; i++)
			bench.table[i] = bench.live[bench.table[i]]->numbers[level].nr;
		if (is_cycle)
			bench.length = CYCLE;
	}

	double warmup_ms = atof(argv[7]), wake_ms = atof(argv[8]), turn_ms = atof(argv[9]), left_ms = atof(argv[10]);
	int least = atoi(argv[11]);
	double before = -1;
	bool steady = false;
	char line[16];

	answer_more(true);
	while (fgets(line, sizeof(line), stdin) && strcmp(line, "finish\n")) {
		if (!strcmp(line, "warm up\n")) {
			double median = warm_up(run, warmup_ms);
			double apart = median > before ? median - before : before - median;
			steady = steady || (before >= 0 && apart <= 0.05 * median);
			before = median;
			answer_more(!steady);
		} else {
			take_turn(run, wake_ms, turn_ms);
			left_ms -= turn_ms;
			answer_more(left_ms > 0 || sample_count < least);
		}
	}

	/* What was timed must have happened; of the pids some 10,000 are looked at, since that is not what is measured. */
	if (!is_churn && bench.found != (is_miss ? 0 : bench.calls))
		fail("a look-up found the wrong thing");
	for (int i = 0; i < live; i += live / 10000 + 1)
		if (find_pid_ns(bench.live[i]->numbers[level].nr, ns) != bench.live[i])
			fail("nobody finds a live pid");

	printf("{\"ops\":%d,\"steady\":%s,\"turns\":[", bench.ops, steady ? "true" : "false");
	for (int turn = 0, i = 0; turn < turn_count; turn++) {
		int end = turn + 1 < turn_count ? turns[turn + 1] : sample_count;
		for (printf(turn ? ",[" : "["); i < end; i++)
			printf("%s%.4f", i > turns[turn] ? "," : "", samples[i]);
		putchar(']');
	}
	puts("]}");
	return 0;
}
