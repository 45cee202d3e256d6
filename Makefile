# Hufu: build, try, test, install (GNU make, Debian 12)
#
#   make              build ./hufu and ./hufusm.so
#   make run          install what is missing, build, initialise ./demo, start on loopback
#   make test         install what tests need, build, run everything
#   make bench        measure against named peers; ratios from one run
#   make bench-sm     SM2, SM3, SM4 against libcrypto
#   make fuzz         coverage-guided fuzzing, FUZZ_S seconds a target (default 60)
#   make check-ct     constant-time checks of secret-dependent code
#   make layers       check that includes point downwards only
#   make format-check check the layout of the source with clang-format
#   make console      rebuild console/dist (needs Node 20)
#   make install      DESTDIR and PREFIX (default /usr/local) are honoured
#   make clean        remove everything that was built
#   make help         this text
#
# Variants, each in its own tree under build/: BUILD=release|debug|asan|tsan|cov

BUILD   ?= release
PREFIX  ?= /usr/local
FUZZ_S  ?= 60
B       := build/$(BUILD)
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

# -- Flags ---------------------------------------------------------------------
LIBS     := libssl libcrypto libevent libevent_pthreads jansson libargon2 libseccomp sqlite3 libpq libpng zlib
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wformat=2 -Wpointer-arith -Wundef -Wno-unused-parameter $(if $(findstring clang,$(CC)),,-Wno-format-truncation)
FLAGS_release := -O2 -g -DNDEBUG -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fcf-protection
FLAGS_debug   := -O0 -g3
FLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FLAGS_tsan    := -O1 -g -fsanitize=thread
FLAGS_cov     := -O0 -g --coverage
CFLAGS   := -std=c17 $(WARN) $(WERROR) $(FLAGS_$(BUILD)) -fPIC -fno-strict-aliasing -fvisibility=hidden -pthread
LDFLAGS  := $(filter -fsanitize% --coverage,$(FLAGS_$(BUILD))) -pie -Wl,-z,relro,-z,now,-z,noexecstack -pthread
# pkg-config is asked once, and again when this file has changed: a no-op build must not start it
ifneq ($(filter-out clean help,$(or $(MAKECMDGOALS),all)),)
-include build/pkg.mk
endif
build/pkg.mk: Makefile tools/packages/build
	@tools/need build && mkdir -p build
	@echo "PKG_CFLAGS := $$(pkg-config --cflags $(LIBS) p11-kit-1)" >$@.new
	@echo "PKG_LIBS := $$(pkg-config --libs $(LIBS))" >>$@.new && mv $@.new $@
CPPFLAGS := -Isrc -D_GNU_SOURCE -DOPENSSL_API_COMPAT=30000 -DHF_VERSION='"$(shell cat VERSION)"' $(PKG_CFLAGS)

# -- Sources, found by pattern -------------------------------------------------
SRCS     := $(wildcard src/*/*.c src/*/*/*.c)
LIB_SRCS := $(filter-out src/main/%,$(SRCS))
LIB_OBJS := $(LIB_SRCS:src/%.c=$B/%.o) $B/assets.o
MAIN_OBJS := $(patsubst src/%.c,$B/%.o,$(filter src/main/%,$(SRCS)))
PROV_OBJS := $(patsubst src/%.c,$B/%.o,$(wildcard src/provider/*.c src/crypto/sm/*.c) src/base/error.c src/base/bytes.c)
HDRS     := $(wildcard src/*/*.h src/*/*/*.h)
UNIT     := $(patsubst tests/unit/%.c,$B/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ     := $(patsubst tests/fuzz/%.c,$B/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH    := $(patsubst tests/bench/%.c,$B/bench/%,$(wildcard tests/bench/bench_*.c))
CT       := $(patsubst tests/ct/%.c,$B/ct/%,$(wildcard tests/ct/*.c))

# Embedded files: NAME=FILE. SQL and profiles by their place, the console's bundle by its path.
ASSETS   := $(foreach f,$(wildcard src/*/schema/*.sql),schema/$(notdir $f)=$f) \
            $(foreach f,$(wildcard src/pki/profiles/*.conf),profiles/$(notdir $f)=$f) \
            $(foreach f,$(shell find console/dist -type f 2>/dev/null | LC_ALL=C sort),$(patsubst console/dist/%,console/%,$f)=$f)

# -- Building --------------------------------------------------------------------
.PHONY: all run test bench bench-sm fuzz check-ct layers format-check console install clean help units fuzzers deps-build
all: hufu hufusm.so

ifeq ($(BUILD),release)
hufu: $B/hufu
	@ln -f $< $@
hufusm.so: $B/hufusm.so
	@ln -f $< $@
else
hufu: $B/hufu
hufusm.so: $B/hufusm.so
.PHONY: hufu hufusm.so
endif

$B/hufu: $(MAIN_OBJS) $B/libhufu.a
	@echo "  LD   $@"
	@$(CC) $(LDFLAGS) -o $@ $(MAIN_OBJS) $B/libhufu.a $(PKG_LIBS) -ldl -lm

$B/libhufu.a: $(LIB_OBJS)
	@rm -f $@; ar rcs $@ $(LIB_OBJS)

$B/hufusm.so: $(PROV_OBJS)
	@echo "  LD   $@"
	@$(CC) $(filter-out -pie,$(LDFLAGS)) -shared -Wl,-soname,hufusm.so -o $@ $(PROV_OBJS) -lcrypto -lm

$B/%.o: src/%.c Makefile VERSION
	@mkdir -p $(@D); echo "  CC   $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$B/assets.S: $(foreach a,$(ASSETS),$(lastword $(subst =, ,$a))) tools/embed Makefile
	@mkdir -p $(@D); tools/embed $(ASSETS) >$@
$B/assets.o: $B/assets.S
	@$(CC) -c -o $@ $<

-include $(LIB_OBJS:.o=.d) $(MAIN_OBJS:.o=.d)

# -- Tests -----------------------------------------------------------------------
# A unit test, fuzz target or bench is one file that links with the library.
$B/unit/%: tests/unit/%.c $(wildcard tests/unit/*.h) $B/libhufu.a
	@mkdir -p $(@D); echo "  CC   $<"
	@$(CC) $(CPPFLAGS) -Itests $(CFLAGS) $(LDFLAGS) -o $@ $< $B/libhufu.a $(PKG_LIBS) -ldl -lm
$B/fuzz/%: tests/fuzz/%.c tests/fuzz/replay.h $B/libhufu.a
	@mkdir -p $(@D); echo "  CC   $<"
	@$(CC) $(CPPFLAGS) -Itests $(CFLAGS) $(LDFLAGS) -DHF_FUZZ_REPLAY -o $@ $< $B/libhufu.a $(PKG_LIBS) -ldl -lm
$B/bench/%: tests/bench/%.c $B/libhufu.a
	@mkdir -p $(@D); echo "  CC   $<"
	@$(CC) $(CPPFLAGS) -Itests $(CFLAGS) $(LDFLAGS) -o $@ $< $B/libhufu.a $(PKG_LIBS) -ldl -lm
$B/ct/%: tests/ct/%.c $B/libhufu.a
	@mkdir -p $(@D); echo "  CC   $<"
	@$(CC) $(CPPFLAGS) -Itests $(CFLAGS) $(LDFLAGS) -o $@ $< $B/libhufu.a $(PKG_LIBS) -ldl -lm

units: $(UNIT)
fuzzers: $(FUZZ)

test:
	@tools/need build test
	@$(MAKE) --no-print-directory -j2 all layers
	@STRICT=1 tests/run

layers:
	@awk -f tools/check-layers src/LAYERS $(SRCS) $(HDRS)

bench: all
	@tools/need build test dev
	@$(MAKE) --no-print-directory -j2 $(BENCH)
	@tests/bench/run

bench-sm: $B/bench/bench_sm
	@$B/bench/bench_sm

check-ct: $(CT)
	@tests/ct/run $(CT)

fuzz:
	@tools/need build dev
	@FUZZ_S=$(FUZZ_S) tests/fuzz/run

format-check:
	@clang-format --dry-run --Werror $(SRCS) $(HDRS)

# -- Running and installing --------------------------------------------------------
run:
	@tools/need build
	@$(MAKE) --no-print-directory -j2 all
	@tools/run-demo

console:
	@cd console && npm ci --no-audit --no-fund && npm run build
	@tools/console-digest >console/dist.from

install: all
	install -D -m 755 hufu $(DESTDIR)$(PREFIX)/bin/hufu
	install -D -m 755 hufusm.so $(DESTDIR)$(PREFIX)/lib/ossl-modules/hufusm.so
	install -D -m 644 man/hufu.1 $(DESTDIR)$(PREFIX)/share/man/man1/hufu.1
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	./hufu completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/hufu

clean:
	rm -rf build hufu hufusm.so

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile
