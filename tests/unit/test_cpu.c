/* The tier that HUFU_CPU leaves, and that it only lowers. Each case asks in a process of its own. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/sm/cpu.h"
#include "unit/t.h"

/* The tier a fresh process finds with HUFU_CPU=word, plus 16 when a flag above it is set. */
static int
tier_with(const char *word)
{
    int   status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        const struct hf_cpu *c;

        if (word == NULL)
            unsetenv("HUFU_CPU");
        else
            setenv("HUFU_CPU", word, 1);
        c = hf_cpu();
        _exit((int)c->tier | (c->tier < HF_CPU_BMI2 && (c->bmi2 || c->avx2 || c->ifma) ? 16 : 0));
    }
    if (pid == -1 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

static void
names_lower_the_tier(void)
{
    int best = tier_with(NULL);

    T_TRUE(best >= HF_CPU_GENERIC && best < HF_CPU_TIERS);
    for (int t = 0; t < HF_CPU_TIERS; t++)
        T_EQ(tier_with(hf_cpu_tier_name((enum hf_cpu_tier)t)), t < best ? t : best);
}

static void
other_words_are_ignored(void)
{
    int best = tier_with(NULL);

    T_EQ(tier_with("avx9000"), best);
    T_EQ(tier_with(""), best);
}

static void
the_answer_is_constant(void)
{
    const struct hf_cpu *c = hf_cpu();

    setenv("HUFU_CPU", "generic", 1);
    T_TRUE(hf_cpu() == c);
    T_EQ(hf_cpu_tier(), c->tier);
}

T_MAIN(T(names_lower_the_tier), T(other_words_are_ignored), T(the_answer_is_constant))
