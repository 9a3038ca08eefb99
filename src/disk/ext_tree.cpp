// SPDX-License-Identifier: Apache-2.0
#include "disk/ext_tree.h"

#include "base/error.h"
#include "disk/byte_order.h"
#include "os/fd.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <memory>
#include <string_view>
#include <unordered_map>

#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

using base::Error;
using base::ErrorKind;

// Names and places of some five million files.
constexpr std::uint64_t kMostMemory = base::ByteCount::gib(1).bytes();
// PATH_MAX of Linux: what is longer cannot be named by a program either.
constexpr std::size_t kLongestPath = 4096;

[[noreturn]] void damaged(const std::string& what) {
    throw Error(ErrorKind::Corrupt,
                "FileSystemDamaged",
                fmt::format("the ext file system is damaged: {}; e2fsck -fn on the exported image "
                            "says more",
                            what));
}

void check(errcode_t code, std::string_view what) {
    // The library keeps its texts in a list of the process; they are added once.
    static const bool kTextsAdded = (initialize_ext2_error_table(), true);
    if (code != 0 && kTextsAdded) {
        damaged(fmt::format("{}: {}", what, error_message(code)));
    }
}

// What has to be known before the library may see the file system: it believes its sizes, and
// allocates by them. Offsets: Linux, Documentation/filesystems/ext4, "Super Block".
struct SuperBlock {
    bool is_ext = false;
    bool needs_recovery = false;
    bool fits = false;
};

SuperBlock read_super_block(int raw, const Extent& place) {
    constexpr std::uint64_t kAt = 1024;
    constexpr std::uint16_t kMagic = 0xEF53;
    constexpr std::uint32_t kNeedsRecovery = 0x4;
    constexpr std::uint32_t k64Bit = 0x80;
    std::array<std::byte, 1024> block{};
    if (place.end - place.start < kAt + block.size() ||
        ::pread(raw, block.data(), block.size(), static_cast<off_t>(place.start + kAt)) !=
            static_cast<ssize_t>(block.size())) {
        return {};
    }
    const auto incompatible = read_little_endian<std::uint32_t>(block, 0x60);
    const auto shift = read_little_endian<std::uint32_t>(block, 0x18);  // blocks of 1 KiB << shift
    std::uint64_t blocks = read_little_endian<std::uint32_t>(block, 0x4);
    if ((incompatible & k64Bit) != 0) {
        blocks |= std::uint64_t{read_little_endian<std::uint32_t>(block, 0x150)} << 32U;
    }
    constexpr std::uint32_t kLargestShift = 6;
    return {.is_ext = read_little_endian<std::uint16_t>(block, 0x38) == kMagic,
            .needs_recovery = (incompatible & kNeedsRecovery) != 0,
            .fits = shift <= kLargestShift && blocks <= (place.end - place.start) >> (10U + shift)};
}

FileType type_of(unsigned mode) {
    switch (mode & static_cast<unsigned>(LINUX_S_IFMT)) {
        case LINUX_S_IFREG:
            return FileType::File;
        case LINUX_S_IFDIR:
            return FileType::Folder;
        case LINUX_S_IFLNK:
            return FileType::Link;
        case LINUX_S_IFCHR:
            return FileType::CharacterDevice;
        case LINUX_S_IFBLK:
            return FileType::BlockDevice;
        case LINUX_S_IFIFO:
            return FileType::Pipe;
        case LINUX_S_IFSOCK:
            return FileType::Socket;
        default:
            damaged(fmt::format("a file of unknown type (mode {:o})", mode));
    }
}

// Runs `body` inside a callback of the library, through which nothing may be thrown.
struct Callback {
    std::exception_ptr failure{};

    template <typename Body>
    int operator()(int abort, Body&& body) noexcept {
        try {
            body();
            return 0;
        } catch (...) {
            failure = std::current_exception();
            return abort;
        }
    }

    void rethrow() const {
        if (failure) {
            std::rethrow_exception(failure);
        }
    }
};

struct NamedInode {
    std::string name;
    ext2_ino_t inode = 0;
};

class ExtReader {
  public:
    ExtReader(const os::Path& raw, const Extent& place, const base::Cancellation& cancellation)
        : raw_(os::open_file(raw, O_RDONLY)), start_(place.start), cancellation_(cancellation) {
        const auto options = fmt::format("offset={}", place.start);
        ext2_filsys opened = nullptr;
        check(ext2fs_open2(raw.c_str(),
                           options.c_str(),
                           EXT2_FLAG_64BITS,  // and not EXT2_FLAG_RW
                           0,
                           0,
                           unix_io_manager,
                           &opened),
              "opening it");
        fs_.reset(opened);
        block_size_ = fs_->blocksize;
        blocks_ = ext2fs_blocks_count(fs_->super);
        inode_bytes_.resize(
            std::max<std::size_t>(EXT2_INODE_SIZE(fs_->super), sizeof(ext2_inode_large)));
    }

    FileTree read() {
        read_node(EXT2_ROOT_INO);
        by_inode_.emplace(EXT2_ROOT_INO, 0);
        if (tree_.nodes[0].type != FileType::Folder) {
            damaged("its root is no folder");
        }
        tree_.names.push_back({"/", 0});
        std::vector<FileName> waiting{{"", 0}};
        while (!waiting.empty()) {
            const auto folder = std::move(waiting.back());
            waiting.pop_back();
            for (auto& child : names_in(inodes_[folder.node])) {
                add(folder.path + "/" + child.name, child.inode, waiting);
            }
        }
        sort_names();
        return std::move(tree_);
    }

  private:
    struct Close {
        // Not ext2fs_close: that one would write.
        void operator()(ext2_filsys fs) const { ext2fs_free(fs); }
    };

    struct FreeExtents {
        void operator()(ext2_extent_handle_t handle) const { ext2fs_extent_free(handle); }
    };

    struct CloseAttributes {
        void operator()(ext2_xattr_handle* handle) const { ext2fs_xattrs_close(&handle); }
    };

    void take_memory(std::uint64_t bytes) {
        memory_ += bytes;
        if (memory_ > kMostMemory) {
            throw Error(ErrorKind::Unsupported,
                        "TooManyFiles",
                        fmt::format("the file system holds more files than are compared: their "
                                    "names and places need more than {}",
                                    base::to_string(base::ByteCount(kMostMemory))));
        }
    }

    // A sound file system uses each block once, so all loops over blocks together are this short.
    void use_blocks(std::uint64_t count) {
        used_blocks_ += count;
        if (count > blocks_ || used_blocks_ > blocks_) {
            damaged("files share blocks");
        }
    }

    void add(std::string path, ext2_ino_t inode, std::vector<FileName>& waiting) {
        cancellation_.throw_if_cancelled();
        if (path.size() > kLongestPath) {
            damaged("a path of more than 4096 bytes");
        }
        take_memory(sizeof(FileName) + path.size());
        const auto [known, is_new] = by_inode_.try_emplace(inode, tree_.nodes.size());
        const auto node = known->second;
        if (is_new) {
            read_node(inode);
        }
        if (tree_.nodes[node].type == FileType::Folder) {
            if (!is_new) {
                damaged("a folder is inside two folders");
            }
            waiting.push_back({path, node});
        }
        tree_.names.push_back({std::move(path), node});
    }

    void sort_names() {
        std::sort(tree_.names.begin(), tree_.names.end(), [](const FileName& a, const FileName& b) {
            return is_before(a.path, b.path);
        });
        const auto twice = std::adjacent_find(
            tree_.names.begin(), tree_.names.end(), [](const FileName& a, const FileName& b) {
                return a.path == b.path;
            });
        if (twice != tree_.names.end()) {
            damaged("a folder holds one name twice");
        }
    }

    std::vector<NamedInode> names_in(ext2_ino_t folder) {
        struct Reading : Callback {
            ExtReader* reader = nullptr;
            std::vector<NamedInode> names{};
        } reading;

        reading.reader = this;
        const auto on_name = [](ext2_ino_t, int, ext2_dir_entry* entry, int, int, char*, void* to) {
            auto& into = *static_cast<Reading*>(to);
            return into(DIRENT_ABORT, [&] { into.reader->add_name(*entry, into.names); });
        };
        const auto code = ext2fs_dir_iterate2(fs_.get(), folder, 0, nullptr, on_name, &reading);
        reading.rethrow();
        check(code, "reading a folder");
        return std::move(reading.names);
    }

    void add_name(const ext2_dir_entry& entry, std::vector<NamedInode>& names) {
        const std::string_view name(entry.name, static_cast<unsigned>(entry.name_len) & 0xFFU);
        if (name == "." || name == ".." || entry.inode == 0) {
            return;
        }
        if (name.empty() || name.find('/') != std::string_view::npos ||
            name.find('\0') != std::string_view::npos) {
            damaged("a name that cannot be one");
        }
        take_memory(sizeof(NamedInode) + name.size());
        names.push_back({std::string(name), entry.inode});
    }

    // Appends it to the tree's nodes.
    void read_node(ext2_ino_t number) {
        // The library takes the attributes that are kept in an inode from behind the structure.
        std::fill(inode_bytes_.begin(), inode_bytes_.end(), '\0');
        auto& inode = *reinterpret_cast<ext2_inode_large*>(inode_bytes_.data());
        check(ext2fs_read_inode_full(fs_.get(),
                                     number,
                                     reinterpret_cast<ext2_inode*>(&inode),
                                     static_cast<int>(inode_bytes_.size())),
              "reading an inode");
        inodes_.push_back(number);
        auto& node = tree_.nodes.emplace_back();
        node.type = type_of(inode.i_mode);
        node.mode = inode.i_mode & 07777U;
        node.uid = inode_uid(inode);
        node.gid = inode_gid(inode);
        node.size = base::ByteCount(EXT2_I_SIZE(&inode));
        node.modified = modified(inode);
        take_memory(sizeof(FileNode));
        read_attributes(number, inode, node);
        read_place(number, inode, node);
    }

    // The two lowest bits of the extra field are bits 32 and 33 of the seconds.
    [[nodiscard]] static std::int64_t modified(const ext2_inode_large& inode) {
        constexpr std::size_t kHasExtra =
            offsetof(ext2_inode_large, i_mtime_extra) + 4 - EXT2_GOOD_OLD_INODE_SIZE;
        const auto seconds = static_cast<std::int32_t>(inode.i_mtime);
        const auto epoch = inode.i_extra_isize >= kHasExtra ? inode.i_mtime_extra & 3U : 0U;
        return seconds + (static_cast<std::int64_t>(epoch) << 32U);
    }

    void read_attributes(ext2_ino_t number, ext2_inode_large& inode, FileNode& node) {
        struct Reading : Callback {
            ExtReader* reader = nullptr;
            FileNode* node = nullptr;
        } reading;

        reading.reader = this;
        reading.node = &node;
        ext2_xattr_handle* opened = nullptr;
        check(ext2fs_xattrs_open(fs_.get(), number, &opened), "reading attributes");
        const std::unique_ptr<ext2_xattr_handle, CloseAttributes> attributes(opened);
        unsigned as_stored = XATTR_HANDLE_FLAG_RAW;
        check(ext2fs_xattrs_flags(opened, &as_stored, nullptr), "reading attributes");
        check(ext2fs_xattrs_read_inode(opened, &inode), "reading attributes");
        const auto on_attribute = [](char* name, char* value, std::size_t length, void* to) {
            auto& into = *static_cast<Reading*>(to);
            return into(XATTR_ABORT, [&] {
                into.reader->add_attribute(name, {value, length}, *into.node);
            });
        };
        const auto code = ext2fs_xattrs_iterate(opened, on_attribute, &reading);
        reading.rethrow();
        check(code, "reading attributes");
    }

    void add_attribute(std::string_view name, std::string_view value, FileNode& node) {
        if (name != "system.data") {  // that is where inline contents go on
            take_memory(sizeof(std::string) * 4 + name.size() + value.size());
            node.attributes.emplace(name, value);
        }
    }

    void read_place(ext2_ino_t number, ext2_inode_large& inode, FileNode& node) {
        auto& plain = reinterpret_cast<ext2_inode&>(inode);
        if (node.type == FileType::CharacterDevice || node.type == FileType::BlockDevice) {
            node.device = inode.i_block[0] != 0 ? inode.i_block[0] : inode.i_block[1];
        } else if (node.type == FileType::Link && ext2fs_is_fast_symlink(&plain) != 0) {
            const std::string_view room(reinterpret_cast<const char*>(inode.i_block),
                                        sizeof inode.i_block);
            node.link_target = room.substr(0, node.size.bytes());
        } else if (node.type == FileType::File || node.type == FileType::Folder ||
                   node.type == FileType::Link) {
            read_contents_place(number, plain, node);
        }
    }

    void read_contents_place(ext2_ino_t number, ext2_inode& inode, FileNode& node) {
        if ((inode.i_flags & EXT4_INLINE_DATA_FL) != 0) {
            read_inline(number, inode, node);
        } else if ((inode.i_flags & EXT4_EXTENTS_FL) != 0) {
            read_extents(number, inode, node);
        } else {
            read_block_map(number, node);
        }
        check_order(node);
        if (node.type == FileType::Link) {
            if (node.size.bytes() > kLongestPath) {
                damaged("a link of more than 4096 bytes");
            }
            node.link_target = read_whole(raw_.get(), node, base::ByteCount(kLongestPath));
            take_memory(node.link_target.size());
        }
    }

    void read_inline(ext2_ino_t number, ext2_inode& inode, FileNode& node) {
        std::size_t size = 0;
        check(ext2fs_inline_data_size(fs_.get(), number, &size), "reading a small file");
        take_memory(size);
        std::string contents(size, '\0');
        check(ext2fs_inline_data_get(fs_.get(), number, &inode, contents.data(), &size),
              "reading a small file");
        contents.resize(std::min({size, contents.size(), std::size_t{node.size.bytes()}}));
        node.inline_contents = std::move(contents);
    }

    void read_extents(ext2_ino_t number, ext2_inode& inode, FileNode& node) {
        ext2_extent_handle_t opened = nullptr;
        check(ext2fs_extent_open2(fs_.get(), number, &inode, &opened), "reading extents");
        const std::unique_ptr<ext2_extent_handle, FreeExtents> extents(opened);
        ext2fs_extent extent{};
        auto code = ext2fs_extent_get(opened, EXT2_EXTENT_ROOT, &extent);
        for (; code == 0; code = ext2fs_extent_get(opened, EXT2_EXTENT_NEXT, &extent)) {
            if ((extent.e_flags & EXT2_EXTENT_FLAGS_LEAF) == 0) {
                // Seen on the way down and on the way up.
                use_blocks((extent.e_flags & EXT2_EXTENT_FLAGS_SECOND_VISIT) != 0 ? 0 : 1);
            } else if ((extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT) != 0) {
                use_blocks(extent.e_len);  // reads as zeros
            } else {
                add_piece(extent.e_lblk, extent.e_pblk, extent.e_len, node);
            }
        }
        if (code != EXT2_ET_EXTENT_NO_NEXT) {
            check(code, "reading extents");
        }
    }

    void read_block_map(ext2_ino_t number, FileNode& node) {
        struct Reading : Callback {
            ExtReader* reader = nullptr;
            FileNode* node = nullptr;
        } reading;

        reading.reader = this;
        reading.node = &node;
        const auto on_block =
            [](ext2_filsys, blk64_t* block, e2_blkcnt_t index, blk64_t, int, void* to) {
                auto& into = *static_cast<Reading*>(to);
                return into(BLOCK_ABORT, [&] {
                    if (index < 0) {
                        into.reader->use_blocks(1);  // an indirect block
                    } else {
                        into.reader->add_piece(
                            static_cast<std::uint64_t>(index), *block, 1, *into.node);
                    }
                });
            };
        const auto code = ext2fs_block_iterate3(
            fs_.get(), number, BLOCK_FLAG_READ_ONLY, nullptr, on_block, &reading);
        reading.rethrow();
        check(code, "reading a block map");
    }

    // All in blocks.
    void add_piece(std::uint64_t index, std::uint64_t block, std::uint64_t count, FileNode& node) {
        constexpr std::uint64_t kMostBlocks = std::uint64_t{1} << 32U;  // of one file
        use_blocks(count);
        if (block >= blocks_ || count > blocks_ - block || index > kMostBlocks) {
            damaged("a file has blocks outside");
        }
        const FilePiece piece{
            index * block_size_, start_ + block * block_size_, count * block_size_};
        if (!node.pieces.empty() && continues(node.pieces.back(), piece)) {
            node.pieces.back().length += piece.length;
        } else {
            take_memory(sizeof(FilePiece));
            node.pieces.push_back(piece);
        }
    }

    static bool continues(const FilePiece& before, const FilePiece& piece) {
        return before.offset + before.length == piece.offset &&
               before.on_disk + before.length == piece.on_disk;
    }

    static void check_order(const FileNode& node) {
        const auto wrong = std::adjacent_find(
            node.pieces.begin(), node.pieces.end(), [](const FilePiece& a, const FilePiece& b) {
                return a.offset + a.length > b.offset;
            });
        if (wrong != node.pieces.end()) {
            damaged("extents overlap");
        }
    }

    os::Fd raw_;
    std::uint64_t start_;
    const base::Cancellation& cancellation_;
    std::unique_ptr<struct_ext2_filsys, Close> fs_;
    std::vector<char> inode_bytes_;  // of one inode; new aligns it for any structure
    std::uint64_t block_size_ = 0;
    std::uint64_t blocks_ = 0;
    std::uint64_t used_blocks_ = 0;
    std::uint64_t memory_ = 0;
    FileTree tree_;
    std::vector<ext2_ino_t> inodes_;  // of the tree's nodes
    std::unordered_map<ext2_ino_t, std::size_t> by_inode_;
};

}  // namespace

std::optional<FileTree> read_ext_tree(const os::Path& raw,
                                      const Extent& place,
                                      const base::Cancellation& cancellation) {
    const auto super = read_super_block(os::open_file(raw, O_RDONLY).get(), place);
    if (!super.is_ext) {
        return std::nullopt;
    }
    if (!super.fits) {
        damaged("it is larger than its place on the disk");
    }
    if (super.needs_recovery) {
        throw Error(ErrorKind::Unsupported,
                    "FileSystemNotClean",
                    "the ext file system was not shut down: its journal has to be replayed before "
                    "its files are the last ones");
    }
    return ExtReader(raw, place, cancellation).read();
}

}  // namespace ingot::disk
