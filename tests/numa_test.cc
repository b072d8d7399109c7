// Threads and memory where cores have memory of their own, on topologies that this machine does not have.
#include "base/numa.h"

#include <sched.h>

#include <atomic>
#include <numeric>

#include "base/thread_pool.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int> Range(int first, int last) {
  std::vector<int> cores(static_cast<size_t>(last - first));
  std::iota(cores.begin(), cores.end(), first);
  return cores;
}

// Two sockets of a Kunpeng 920: four nodes of 32 cores.
struct FakeKunpeng {
  FakeKunpeng() {
    const std::string nodes = root / "sys/devices/system/node/";
    EXPECT_TRUE(WriteFile(nodes + "online", "0-3\n").ok());
    for (int i = 0; i < 4; ++i) {
      const std::string list = std::to_string(32 * i) + "-" + std::to_string(32 * i + 31) + "\n";
      EXPECT_TRUE(WriteFile(nodes + "node" + std::to_string(i) + "/cpulist", list).ok());
    }
  }
  std::vector<NumaNode> Nodes(const std::vector<int>& allowed, int current) const {
    return ReadNumaNodes(root.path(), allowed, current);
  }
  TemporaryDirectory root;
};

std::vector<int> Ids(const std::vector<NumaNode>& nodes) {
  std::vector<int> ids;
  for (const NumaNode& node : nodes) ids.push_back(node.id);
  return ids;
}

TEST(NumaNodes, ReadsListsOfTheKernel) {
  EXPECT_THAT(ParseCoreList("0-3,8,10-11"), ElementsAre(0, 1, 2, 3, 8, 10, 11));
  EXPECT_THAT(ParseCoreList("7"), ElementsAre(7));
  for (const char* wrong : {"", "-1", "3-1", "0-", "a", "0,,1", "0-99999999", "99999999999999999999", "0 1", "65536"})
    EXPECT_THAT(ParseCoreList(wrong), IsEmpty()) << wrong;
  std::string many = "0-65535";
  for (int i = 0; i < 100; ++i) many += ",0-65535";
  EXPECT_THAT(ParseCoreList(many), IsEmpty());
}

TEST(NumaNodes, BeginWithTheOwn) {
  const FakeKunpeng machine;
  EXPECT_THAT(Ids(machine.Nodes(Range(0, 128), 5)), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Ids(machine.Nodes(Range(0, 128), 70)), ElementsAre(2, 3, 0, 1));
  EXPECT_EQ(machine.Nodes(Range(0, 128), 70)[0].cores, Range(64, 96));
}

// As under taskset, numactl or a cpuset: only what is allowed.
TEST(NumaNodes, KeepToTheAffinityMask) {
  const FakeKunpeng machine;
  const auto nodes = machine.Nodes(Range(30, 35), 33);
  EXPECT_THAT(Ids(nodes), ElementsAre(1, 0));
  EXPECT_THAT(nodes[0].cores, ElementsAre(32, 33, 34));
  EXPECT_THAT(nodes[1].cores, ElementsAre(30, 31));
  EXPECT_THAT(Ids(machine.Nodes(Range(96, 100), 96)), ElementsAre(3));
}

TEST(NumaNodes, AreOneWhereNothingIsKnown) {
  const TemporaryDirectory nothing;
  const auto nodes = ReadNumaNodes(nothing.path(), Range(0, 3), 1);
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_EQ(nodes[0].cores, Range(0, 3));
  EXPECT_GE(NumaNodes().size(), 1u);  // of this machine
}

TEST(PlaceThreads, FillsNodesInOrder) {
  const FakeKunpeng machine;
  const auto nodes = machine.Nodes(Range(0, 128), 0);
  EXPECT_THAT(PlaceThreads(nodes, 1), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(PlaceThreads(nodes, 32), ElementsAre(32, 0, 0, 0));  // near one memory
  EXPECT_THAT(PlaceThreads(nodes, 48), ElementsAre(32, 16, 0, 0));
  EXPECT_THAT(PlaceThreads(nodes, 128), Each(32));
  EXPECT_THAT(PlaceThreads(nodes, 134), ElementsAre(34, 34, 33, 33));
}

// Each thread that the pool starts may run on the cores of its node and no others. Only one core is sure to be there,
// so both nodes have it; that binding took place shows in the mask's size.
TEST(ThreadPoolOnNodes, BindsItsThreads) {
  const int here = ::sched_getcpu();
  ThreadPool pool(4, {{0, {here}}, {1, {here}}});
  EXPECT_THAT(pool.node_of_worker(), ElementsAre(0, 0, 1, 1));
  std::vector<int> cores(static_cast<size_t>(pool.size()), 0);
  std::atomic<size_t> arrived = 0;
  pool.Run(cores.size(), [&](size_t, size_t worker) {
    cpu_set_t set;
    CPU_ZERO(&set);
    ::sched_getaffinity(0, sizeof set, &set);
    cores[worker] = CPU_ISSET(here, &set) ? CPU_COUNT(&set) : -1;
    for (++arrived; arrived < cores.size();) ::sched_yield();  // so that each thread takes one
  });
  cores.erase(cores.begin());  // the calling thread is not bound
  EXPECT_THAT(cores, Each(1));
}

// All threads busy, each node takes its own run of indices, in proportion to its threads.
TEST(ThreadPoolOnNodes, GivesEachNodeTheSameIndicesEveryTime) {
  const int here = ::sched_getcpu();
  ThreadPool pool(4, {{0, {here}}, {1, {here}}, {2, {here}}});
  ASSERT_THAT(pool.node_of_worker(), ElementsAre(0, 0, 1, 2));
  for (int round = 0; round < 50; ++round) {
    std::vector<size_t> node_of_index(4);
    std::atomic<size_t> arrived = 0;
    pool.Run(4, [&](size_t index, size_t worker) {
      node_of_index[index] = pool.node_of_worker()[worker];
      for (++arrived; arrived < 4;) ::sched_yield();
    });
    EXPECT_THAT(node_of_index, ElementsAre(0, 0, 1, 2));
  }
}

TEST(ThreadPoolOnNodes, HelpsWhereANodeIsSlow) {
  const int here = ::sched_getcpu();
  ThreadPool pool(2, {{0, {here}}, {1, {here}}});
  std::vector<std::atomic<int>> calls(1000);
  std::atomic<size_t> done = 0;
  pool.Run(calls.size(), [&](size_t index, size_t) {
    ++calls[index];
    ++done;
    if (index == 0) {
      while (done < calls.size()) ::sched_yield();  // the other thread does everything else
    }
  });
  for (const auto& n : calls) ASSERT_EQ(n, 1);
}

// The system takes the wish, or the program goes on without.
TEST(InterleavedMemory, EndsWithItsScope) {
  {
    const InterleavedMemory interleaved(std::vector<NumaNode>{{0, {0}}, {0, {0}}});
    std::vector<char> memory(size_t{1} << 22, 'x');
    EXPECT_EQ(memory.back(), 'x');
  }
  const InterleavedMemory one(std::vector<NumaNode>{{0, {0}}});
}

}  // namespace
}  // namespace convnext
