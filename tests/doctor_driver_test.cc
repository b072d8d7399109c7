// The doctor's reasons about the driver, its nodes and who may open them.
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "doctor_fixture.h"

namespace convnext {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class DoctorDriver : public DoctorTest {};

TEST_F(DoctorDriver, DriverMissing) {
  RemoveDriver();
  Add("sys/bus/pci/devices/0000:c1:00.0/vendor", "0x19e5\n");
  Add("sys/bus/pci/devices/0000:c1:00.0/device", "0xd802\n");
  Add("sys/bus/pci/devices/0000:01:00.0/vendor", "0x19e5\n");
  Add("sys/bus/pci/devices/0000:01:00.0/device", "0x1822\n");  // a network card
  ExpectReason(Examine(), "npu.driver.missing", "Ascend cards on the PCI bus: 0000:c1:00.0",
               "install the Ascend driver");
  EXPECT_THAT(Examine().reasons[0].symptom, Not(HasSubstr("0000:01:00.0")));
  // Neither its libraries nor permissions nor the visible devices matter then.
  machine_.variables["ASCEND_RT_VISIBLE_DEVICES"] = "x";
  EXPECT_EQ(SingleReason(Examine(UnloadedProbe("libascend_hal.so: cannot open shared object file"))).code,
            "npu.driver.missing");
}

TEST_F(DoctorDriver, DriverModules) {
  RemoveDevices();
  Add("proc/modules", "nf_tables 303104 0 - Live 0x0\n");
  ExpectReason(Examine(), "npu.driver.modules", "driver 24.1.rc1 in /usr/local/Ascend/driver", "reboot");
  EXPECT_EQ(Examine().driver_version, "24.1.rc1");
  // With nothing left but npu-smi: not "missing", which would say that there is none.
  Remove(kDriver);
  ExpectReason(Examine(), "npu.driver.modules", "npu-smi says \"dcmi module initialize failed. ret is -8005\"",
               "reboot");
  MakeContainer();
  EXPECT_THAT(SingleReason(Examine()).advice, StartsWith("on the host: "));
}

TEST_F(DoctorDriver, DriverInAnotherPlace) {
  Add("etc/ascend_install.info", "Driver_Install_Path_Param=/opt/Ascend\n");
  Add("opt/Ascend/driver/version.info", "Version=25.5.2\n");
  EXPECT_EQ(Examine().driver_version, "25.5.2");
}

TEST_F(DoctorDriver, NoDevice) {
  RemoveDevices();
  ExpectReason(Examine(), "npu.device.none", "2 kernel modules of the driver are loaded (drv_pcie_host, ...)",
               "lspci -d 19e5:");
}

// The driver shows the devices that npu-smi lists.
TEST_F(DoctorDriver, DevicesElsewhere) {
  Remove("dev");
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());
  EXPECT_EQ(Examine().npu_count, 2);
  machine_.variables["ASCEND_RT_VISIBLE_DEVICES"] = "2";
  ExpectReason(Examine(), "npu.visible_devices", "2, but the devices here are 0 to 1", "unset");
}

TEST_F(DoctorDriver, ContainerWithoutDevices) {
  RemoveDevices();
  MakeContainer();
  ExpectReason(Examine(), "npu.container.devices", "the host has the driver's kernel modules loaded",
               "--device=/dev/davinci0");
  Remove("proc");  // hidden from it
  ExpectReason(Examine(), "npu.container.devices", "a container without /dev/davinci*",
               "--device=/dev/davinci_manager");
}

TEST_F(DoctorDriver, ContainerWithSomeDevices) {
  Remove("dev/devmm_svm");
  Remove("dev/hisi_hdc");
  ExpectReason(Examine(), "npu.container.devices",
               "/dev/davinci0, /dev/davinci1 there, but not /dev/devmm_svm, /dev/hisi_hdc", "--device=/dev/devmm_svm");
}

TEST_F(DoctorDriver, ContainerWithoutTheDriversFiles) {
  Remove(kDriver);
  MakeContainer();
  ExpectReason(Examine(), "npu.container.devices", "no libascend_hal.so in /usr/local/Ascend/driver/lib64",
               "-v /usr/local/Ascend/driver:/usr/local/Ascend/driver");
}

TEST_F(DoctorDriver, ContainersOfEachKind) {
  RemoveDevices();
  const auto is_container = [this] {
    return ReasonCodes(Examine()) == std::vector<std::string>{"npu.container.devices"};
  };
  EXPECT_FALSE(is_container());
  for (const char* file : {".dockerenv", "run/.containerenv"}) {
    Add(file);
    EXPECT_TRUE(is_container()) << file;
    Remove(file);
  }
  Add("proc/1/cgroup", "0::/\n");
  EXPECT_FALSE(is_container());
  Add("proc/1/cgroup", "12:cpu:/kubepods/besteffort/pod123/4567\n");
  EXPECT_TRUE(is_container());
  Remove("proc/1/cgroup");
  machine_.variables["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
  EXPECT_TRUE(is_container());
}

// Root may open everything: the test goes on as someone else then.
class UnprivilegedUser {
 public:
  UnprivilegedUser() : user_(::geteuid()), group_(::getegid()) {
    if (user_ == 0 && (::setegid(kNobody) != 0 || ::seteuid(kNobody) != 0)) throw std::runtime_error("seteuid");
  }
  UnprivilegedUser(const UnprivilegedUser&) = delete;
  UnprivilegedUser& operator=(const UnprivilegedUser&) = delete;
  ~UnprivilegedUser() {
    if (user_ == 0 && (::seteuid(user_) != 0 || ::setegid(group_) != 0)) std::abort();
  }

 private:
  static constexpr uid_t kNobody = 65534;
  uid_t user_;
  gid_t group_;
};

class PermissionTest : public DoctorTest {
 protected:
  // Gives the nodes a mode, and the group 1500 if this process may do that.
  void RestrictNodes(std::filesystem::perms mode) {
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
    for (const char* program : {"bin/npu-smi", "bin/python3", "usr/local/Ascend/ascend-toolkit/latest/bin/atc"})
      std::filesystem::permissions(directory_ / program, std::filesystem::perms(0755));
    for (const char* node : {"davinci0", "davinci1", "davinci_manager", "devmm_svm", "hisi_hdc"}) {
      const std::string path = directory_ / (std::string("dev/") + node);
      ASSERT_TRUE(::geteuid() != 0 || ::chown(path.c_str(), 0, kGroup) == 0);
      std::filesystem::permissions(path, mode);
    }
  }
  NpuFindings ExamineUnprivileged() const {
    const UnprivilegedUser other;
    return Examine();
  }
  static constexpr gid_t kGroup = 1500;
};

TEST_F(PermissionTest, NamesTheGroup) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files to another group";
  RestrictNodes(std::filesystem::perms(0660));
  EXPECT_THAT(ReasonCodes(Examine()), IsEmpty());  // root may
  ExpectReason(ExamineUnprivileged(), "npu.device.permission", "/dev/davinci0, /dev/davinci1, /dev/davinci_manager",
               "sudo usermod -aG npu-people $USER, then log in again");
  EXPECT_THAT(SingleReason(ExamineUnprivileged()).symptom,
              HasSubstr("/dev/davinci0 has mode 660 and group npu-people"));
  Add("etc/group", "npu-people::1500:bob,ann\n");
  EXPECT_THAT(SingleReason(ExamineUnprivileged()).advice, StartsWith("log in again: $USER is in the group npu-people"));
  Add("etc/group", "bad line\n:::\n1500\nx:1500\n");
  EXPECT_EQ(SingleReason(ExamineUnprivileged()).advice, "sudo usermod -aG npu-people $USER, then log in again");
  MakeContainer();
  EXPECT_THAT(SingleReason(ExamineUnprivileged()).advice, StartsWith("start the container with --group-add 1500"));
}

TEST_F(PermissionTest, OneChipIsEnough) {
  RestrictNodes(std::filesystem::perms(0666));
  std::filesystem::permissions(directory_ / "dev/davinci0", std::filesystem::perms(0));
  EXPECT_THAT(ReasonCodes(ExamineUnprivileged()), IsEmpty());
}

TEST_F(PermissionTest, OfAGroupThatMayNot) {
  RestrictNodes(std::filesystem::perms(0));
  ExpectReason(ExamineUnprivileged(), "npu.device.permission", "/dev/davinci0 has mode 0",
               "sudo chgrp npu-people /dev/davinci0 /dev/davinci1 /dev/davinci_manager /dev/devmm_svm /dev/hisi_hdc && "
               "sudo chmod 660 ");
}

}  // namespace
}  // namespace convnext
