// Which share of the units a process does, by the variables that Slurm 22.05.8, Open MPI 4.1.4, MPICH 4.0.2 and
// Kubernetes set. The texts of Slurm and of both MPIs are recorded from real runs (tests/cluster/slurm.sh starts such a
// Slurm).
#include "convnext/embed/rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace {

using convnext::FindRank;
using convnext::Rank;
using convnext::Result;
using testing::HasSubstr;

// "NAME=VALUE NAME=VALUE".
Result<Rank> Find(const std::string& environment, std::optional<int64_t> rank = {}, std::optional<int64_t> ranks = {},
                  bool has_terminal = false) {
  std::map<std::string, std::string> variables;
  std::istringstream words(environment);
  for (std::string word; words >> word;) variables[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  const auto variable = [&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  return FindRank(variable, rank, ranks, has_terminal);
}

void ExpectShare(const Result<Rank>& found, int64_t rank, int64_t ranks, const std::string& source) {
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ(found->rank, rank);
  EXPECT_EQ(found->ranks, ranks);
  EXPECT_EQ(found->source, source);
}

void ExpectRefused(const Result<Rank>& found, const std::vector<std::string>& words) {
  ASSERT_FALSE(found.ok()) << found->rank << " of " << found->ranks << ", " << found->source;
  EXPECT_EQ(found.status().code(), convnext::Code::kInvalid);
  EXPECT_EQ(found.status().kind(), "rank.uncertain");
  for (const std::string& word : words) EXPECT_THAT(found.status().message(), HasSubstr(word));
}

struct Recorded {
  const char* what;
  const char* environment;
  int64_t rank, ranks;
  const char* source;
};

// Only the variables that say how many and which; the rest is left out.
const Recorded kCertain[] = {
    {"srun -n 3",
     "SLURM_JOB_ID=1 SLURM_JOB_NUM_NODES=1 SLURM_LOCALID=1 SLURM_NODEID=0 SLURM_NPROCS=3 SLURM_NTASKS=3 SLURM_PROCID=1 "
     "SLURM_STEP_ID=0 SLURM_STEP_NUM_NODES=1 SLURM_STEP_NUM_TASKS=3 SLURM_STEP_TASKS_PER_NODE=3 SLURM_TASKS_PER_NODE=3 "
     "SLURM_UMASK=0022",
     1, 3, "Slurm step (srun)"},
    {"sbatch -N 2, srun",
     "SLURM_JOB_ID=11 SLURM_JOB_NUM_NODES=2 SLURM_LOCALID=0 SLURM_NODEID=1 SLURM_NPROCS=2 SLURM_NTASKS=2 "
     "SLURM_PROCID=1 "
     "SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_TASKS_PER_NODE=1(x2) SLURM_TASKS_PER_NODE=1(x2) "
     "SLURM_UMASK=0022",
     1, 2, "Slurm step (srun)"},
    {"sbatch -n 4, srun -E -n 2: the job's count stays",
     "SLURM_JOB_ID=65 SLURM_NTASKS=4 SLURM_PROCID=1 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_TASKS_PER_NODE=2 "
     "SLURM_TASKS_PER_NODE=4 SLURM_UMASK=0022",
     1, 2, "Slurm step (srun)"},
    {"srun --het-group=0,1 in sbatch -n 1 : -n 2",
     "SLURM_HET_SIZE=2 SLURM_JOB_ID=54 SLURM_JOB_NUM_NODES=2 SLURM_LOCALID=1 SLURM_NODEID=1 SLURM_NTASKS=3 "
     "SLURM_PROCID=2 "
     "SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=3 SLURM_STEP_TASKS_PER_NODE=1,2 SLURM_TASKS_PER_NODE=1,2 SLURM_UMASK=0022",
     2, 3, "Slurm step (srun)"},
    {"srun --mpi=pmi2 -n 2",
     "PMI_FD=13 PMI_JOBID=16.0 PMI_RANK=1 PMI_SIZE=2 SLURM_JOB_ID=16 SLURM_MPI_TYPE=pmi2 SLURM_NTASKS=2 SLURM_PROCID=1 "
     "SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=2 SLURM_TASKS_PER_NODE=2 SLURM_UMASK=0022",
     1, 2, "Slurm step (srun)"},
    {"sbatch without -n",
     "SLURM_JOB_ID=3 SLURM_JOB_NUM_NODES=1 SLURM_LOCALID=0 SLURM_NODEID=0 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=1", 0, 1,
     "alone"},
    {"sbatch -n 1 -c 2",
     "SLURM_CPUS_PER_TASK=2 SLURM_JOB_ID=8 SLURM_JOB_NUM_NODES=1 SLURM_NPROCS=1 SLURM_NTASKS=1 SLURM_PROCID=0 "
     "SLURM_TASKS_PER_NODE=1",
     0, 1, "alone"},
    {"sbatch --exclusive, a node of four cores",
     "SLURM_JOB_ID=58 SLURM_JOB_NUM_NODES=1 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=4", 0, 1, "alone"},
    {"sbatch --array=0-3",
     "SLURM_ARRAY_JOB_ID=17 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MAX=3 "
     "SLURM_ARRAY_TASK_MIN=0 "
     "SLURM_ARRAY_TASK_STEP=1 SLURM_JOB_ID=19 SLURM_JOB_NUM_NODES=1 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=1",
     1, 4, "Slurm array"},
    {"sbatch --array=3-11:4",
     "SLURM_ARRAY_JOB_ID=25 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_ID=11 SLURM_ARRAY_TASK_MAX=11 "
     "SLURM_ARRAY_TASK_MIN=3 "
     "SLURM_ARRAY_TASK_STEP=4 SLURM_JOB_ID=25 SLURM_JOB_NUM_NODES=1 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=1",
     2, 3, "Slurm array"},
    {"sbatch --array=7: one task again",
     "SLURM_ARRAY_JOB_ID=36 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MAX=7 "
     "SLURM_ARRAY_TASK_MIN=7 "
     "SLURM_ARRAY_TASK_STEP=1 SLURM_JOB_ID=36 SLURM_JOB_NUM_NODES=1 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=1",
     0, 1, "Slurm array"},
    {"sbatch --array=0-1 -n 2, srun",
     "SLURM_ARRAY_JOB_ID=32 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MAX=1 "
     "SLURM_ARRAY_TASK_MIN=0 "
     "SLURM_ARRAY_TASK_STEP=1 SLURM_JOB_ID=32 SLURM_NTASKS=2 SLURM_PROCID=0 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=2 "
     "SLURM_UMASK=0022",
     2, 4, "Slurm array, Slurm step (srun)"},
    {"mpirun of Open MPI",
     "OMPI_COMM_WORLD_LOCAL_RANK=1 OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_UNIVERSE_SIZE=2 PMIX_RANK=1", 1,
     2, "Open MPI"},
    {"mpirun of MPICH", "MPI_LOCALNRANKS=2 MPI_LOCALRANKID=1 PMI_FD=8 PMI_RANK=1 PMI_SIZE=2", 1, 2, "MPICH"},
    {"mpirun of Open MPI in sbatch -n 4",
     "OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=3 PMIX_RANK=2 SLURM_JOB_ID=12 SLURM_JOB_NUM_NODES=1 SLURM_NTASKS=1 "
     "SLURM_PROCID=0 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=1 SLURM_TASKS_PER_NODE=1 SLURM_UMASK=0022",
     2, 3, "Open MPI"},
    {"mpirun of MPICH in sbatch -n 4: the job's count stays",
     "MPI_LOCALNRANKS=3 MPI_LOCALRANKID=2 PMI_FD=9 PMI_RANK=2 PMI_SIZE=3 SLURM_JOB_ID=13 SLURM_NPROCS=1 SLURM_NTASKS=4 "
     "SLURM_PROCID=0 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=1 SLURM_UMASK=0022",
     2, 3, "MPICH"},
    {"mpirun of MPICH in sbatch -N 2: a step of a proxy for each node",
     "PMI_FD=6 PMI_RANK=3 PMI_SIZE=4 SLURM_JOB_ID=62 SLURM_JOB_NUM_NODES=2 SLURM_NODEID=1 SLURM_NTASKS=4 "
     "SLURM_PROCID=1 "
     "SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_TASKS_PER_NODE=1(x2) SLURM_UMASK=0022",
     3, 4, "MPICH"},
    {"mpirun of MPICH in srun --mpi=pmi2 -n 1",
     "PMI_FD=8 PMI_JOBID=59.0 PMI_RANK=1 PMI_SIZE=2 SLURM_JOB_ID=59 SLURM_MPI_TYPE=pmi2 SLURM_NTASKS=1 SLURM_PROCID=0 "
     "SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=1 SLURM_UMASK=0022",
     1, 2, "MPICH"},
    {"nothing", "HOME=/root PATH=/usr/bin", 0, 1, "alone"},
};

TEST(Rank, IsWhatLaunchersSay) {
  for (const Recorded& recorded : kCertain) {
    SCOPED_TRACE(recorded.what);
    ExpectShare(Find(recorded.environment), recorded.rank, recorded.ranks, recorded.source);
  }
}

struct Uncertain {
  const char* what;
  const char* environment;
  std::vector<std::string> words;
};

const Uncertain kUncertain[] = {
    {"sbatch -n 4 without srun",
     "SLURM_JOB_ID=4 SLURM_JOB_NUM_NODES=1 SLURM_NPROCS=4 SLURM_NTASKS=4 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=4",
     {"SLURM_NTASKS is 4", "write srun convnext embed"}},
    {"sbatch -N 2 without srun, which sets no count of tasks",
     "SLURM_JOB_ID=5 SLURM_JOB_NUM_NODES=2 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=1(x2)",
     {"SLURM_JOB_NUM_NODES is 2", "write srun convnext embed"}},
    {"salloc -n 2 without srun, which sets no rank",
     "SLURM_JOB_ID=45 SLURM_JOB_NUM_NODES=1 SLURM_NPROCS=2 SLURM_NTASKS=2 SLURM_TASKS_PER_NODE=2",
     {"SLURM_NTASKS is 2", "--rank 0 --ranks 1"}},
    {"sbatch -n 1 : -n 2 without srun",
     "SLURM_HET_SIZE=2 SLURM_JOB_ID=52 SLURM_JOB_NUM_NODES=1 SLURM_NTASKS=1 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=1",
     {"SLURM_HET_SIZE is 2"}},
    {"sbatch from within a step of three tasks: the batch script has the step's variables",
     "SLURM_JOB_ID=57 SLURM_JOB_NUM_NODES=1 SLURM_NTASKS=3 SLURM_PROCID=0 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=3 "
     "SLURM_STEP_TASKS_PER_NODE=3 SLURM_TASKS_PER_NODE=1",
     {"SLURM_STEP_NUM_TASKS is 3", "SLURM_UMASK", "unset SLURM_STEP_ID"}},
    {"sbatch --array=1,5,9,20",
     "SLURM_ARRAY_JOB_ID=21 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MAX=20 "
     "SLURM_ARRAY_TASK_MIN=1 "
     "SLURM_ARRAY_TASK_STEP=1 SLURM_JOB_ID=23 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=1",
     {"4 ids from 1 to 20", "SLURM_ARRAY_TASK_ID 5", "--array=0-3"}},
    {"sbatch --array=1,3,5",
     "SLURM_ARRAY_JOB_ID=37 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_MAX=5 "
     "SLURM_ARRAY_TASK_MIN=1 "
     "SLURM_ARRAY_TASK_STEP=1 SLURM_JOB_ID=39 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=1",
     {"3 ids from 1 to 5", "--array=0-2"}},
    {"sbatch --array=0-1 -n 2 without srun",
     "SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MAX=1 SLURM_ARRAY_TASK_MIN=0 "
     "SLURM_ARRAY_TASK_STEP=1 "
     "SLURM_JOB_ID=34 SLURM_NTASKS=2 SLURM_PROCID=0 SLURM_TASKS_PER_NODE=2",
     {"SLURM_NTASKS is 2"}},
    {"srun --mpi=none -n 2 in a task of srun --mpi=pmi2 -n 2: the outer step's PMI",
     "PMI_FD=13 PMI_JOBID=61.0 PMI_RANK=1 PMI_SIZE=2 SLURM_JOB_ID=61 SLURM_NTASKS=2 SLURM_PROCID=0 SLURM_STEP_ID=2 "
     "SLURM_STEP_NUM_TASKS=2 SLURM_UMASK=0022",
     {"PMI_RANK says 1 of 2, of step 61.0", "SLURM_PROCID says 0 of 2, of step 61.2"}},
    {"one mpirun in the other",
     "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 PMI_RANK=0 PMI_SIZE=3",
     {"OMPI_COMM_WORLD_RANK says 1 of 2", "PMI_RANK says 0 of 3"}},
    {"Kubernetes", "JOB_COMPLETION_INDEX=3", {"JOB_COMPLETION_INDEX is 3", "--ranks N", "completions"}},
    {"a rank without its count", "PMI_RANK=1", {"PMI_RANK is set and PMI_SIZE is not"}},
    {"a count without its rank",
     "OMPI_COMM_WORLD_SIZE=2",
     {"OMPI_COMM_WORLD_SIZE is set and OMPI_COMM_WORLD_RANK is not"}},
    {"an array without its count", "SLURM_ARRAY_TASK_ID=1 SLURM_JOB_ID=9", {"SLURM_ARRAY_TASK_COUNT is not"}},
    {"no number", "OMPI_COMM_WORLD_RANK=one OMPI_COMM_WORLD_SIZE=2", {"OMPI_COMM_WORLD_RANK is \"one\""}},
    {"digits and more", "PMI_RANK=1x PMI_SIZE=2", {"PMI_RANK is \"1x\""}},
    {"empty", "PMI_RANK= PMI_SIZE=2", {"PMI_RANK is \"\""}},
    {"negative", "PMI_RANK=-1 PMI_SIZE=2", {"PMI_RANK is \"-1\""}},
    {"no 64 bits", "PMI_RANK=1 PMI_SIZE=99999999999999999999", {"PMI_SIZE is \"99999999999999999999\""}},
    {"too high", "PMI_RANK=2 PMI_SIZE=2", {"PMI_RANK is 2 and PMI_SIZE is 2"}},
    {"an array of steps with too many tasks in all",
     "SLURM_ARRAY_TASK_COUNT=100000 SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MAX=99999 SLURM_ARRAY_TASK_MIN=0 "
     "SLURM_ARRAY_TASK_STEP=1 SLURM_PROCID=0 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=100000 SLURM_UMASK=0022",
     {"10000000000"}},
    {"an array's steps of 0",
     "SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MAX=1 SLURM_ARRAY_TASK_MIN=1 "
     "SLURM_ARRAY_TASK_STEP=0",
     {"in steps of 0"}},
};

TEST(Rank, IsRefusedWhereItIsNotCertain) {
  for (const Uncertain& uncertain : kUncertain) {
    SCOPED_TRACE(uncertain.what);
    ExpectRefused(Find(uncertain.environment), uncertain.words);
  }
}

TEST(Rank, OptionsWinOverAllVariables) {
  for (const Uncertain& uncertain : kUncertain) {
    SCOPED_TRACE(uncertain.what);
    ExpectShare(Find(uncertain.environment, 2, 5), 2, 5, "--rank");
  }
  ExpectShare(Find(kCertain[0].environment, 0, 1), 0, 1, "--rank");
}

TEST(Rank, OptionsComeTogether) {
  ExpectRefused(Find("", 3), {"--rank 3 without --ranks"});
  ExpectRefused(Find("", {}, 4), {"--ranks 4 without --rank"});
  ExpectRefused(Find(kCertain[0].environment, {}, 3), {"--ranks 3 without --rank"});
  ExpectRefused(Find("", 4, 4), {"--rank is 4 and --ranks is 4"});
  ExpectRefused(Find("", -1, 4), {"--rank is -1"});
  ExpectRefused(Find("", 0, 0), {"--ranks is 0"});
}

TEST(Rank, PodsHaveAnIndexAndNoCount) {
  ExpectShare(Find("JOB_COMPLETION_INDEX=3", {}, 8), 3, 8, "Kubernetes Indexed Job");
  ExpectRefused(Find("JOB_COMPLETION_INDEX=8", {}, 8), {"JOB_COMPLETION_INDEX is 8 and --ranks is 8"});
  ExpectRefused(Find("JOB_COMPLETION_INDEX=x", {}, 8), {"JOB_COMPLETION_INDEX is \"x\""});
  ExpectRefused(Find("JOB_COMPLETION_INDEX=0 PMI_RANK=0 PMI_SIZE=2", {}, 8), {"JOB_COMPLETION_INDEX and PMI_RANK"});
}

// The shell of srun -n 4 --pty, of which the tasks 1 to 3 have ended; srun -n 2 from within it; sbatch -n 2 from within
// it, with srun: only the first has the terminal.
TEST(Rank, IsRefusedInTheShellOfSeveralTasks) {
  const std::string step = "SLURM_JOB_ID=24 SLURM_PROCID=0 SLURM_PTY_PORT=39619 SLURM_UMASK=0022 ";
  const std::string four = step + "SLURM_NTASKS=4 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=4";
  ExpectRefused(Find(four, {}, {}, true), {"SLURM_STEP_NUM_TASKS is 4", "srun --overlap", "--rank 0 --ranks 1"});
  ExpectShare(Find(four, 0, 1, true), 0, 1, "--rank");
  ExpectShare(Find(step + "SLURM_NTASKS=2 SLURM_STEP_ID=1 SLURM_STEP_NUM_TASKS=2"), 0, 2, "Slurm step (srun)");
  ExpectShare(Find(step + "SLURM_NTASKS=2 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=2"), 0, 2, "Slurm step (srun)");
  const std::string one = step + "SLURM_NTASKS=1 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=1";
  ExpectShare(Find(one, {}, {}, true), 0, 1, "Slurm step (srun)");
}

// Every unit is done by just one of the tasks of an array of steps.
TEST(Rank, OfAnArrayOfStepsCoversAllUnits) {
  std::vector<int64_t> ranks;
  for (int task = 5; task <= 9; task += 2) {
    for (int process = 0; process < 4; ++process) {
      const auto found = Find(
          "SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=5 SLURM_ARRAY_TASK_MAX=9 SLURM_ARRAY_TASK_STEP=2 "
          "SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=4 SLURM_UMASK=0022 SLURM_ARRAY_TASK_ID=" +
          std::to_string(task) + " SLURM_PROCID=" + std::to_string(process));
      ASSERT_TRUE(found.ok()) << found.status().message();
      EXPECT_EQ(found->ranks, 12);
      ranks.push_back(found->rank);
    }
  }
  EXPECT_THAT(ranks, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
}

}  // namespace
