using System.Security.Cryptography;
using Backprop.Shared.Data;
using Backprop.Shared.Data.Files;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Data;

public sealed class DataFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_missing_file_is_named_with_its_full_path()
    {
        DataError.Of(() => new CsvSource { Path = "no/such.csv" }.Load(_folder.Context()))
            .ShouldBe($"{Path.Combine(_folder.Path, "no", "such.csv")} does not exist; correct the path.");
        DataError.Of(() => new IdxSource { Images = "none", Labels = "none" }.Load(_folder.Context())).ShouldContain("does not exist");
    }

    [Fact]
    public void A_folder_and_what_is_no_path_are_refused()
    {
        DataError.Of(() => DataFile.Open(_folder.Path)).ShouldContain("is a folder");
        DataError.Of(() => DataFile.Open("a\0b")).ShouldContain("is no path");
        DataError.Of(() => DataFile.Open("")).ShouldContain("is no path");
        DataError.Of(() => DataFile.Open(new string('x', 5000))).ShouldContain("cannot be read");
    }

    [Fact]
    public void A_file_of_several_members_is_read_through()
    {
        byte[] packed = [.. Gzip.Pack("1,2,0\n"), .. Gzip.Pack(""), .. Gzip.Pack("3,4,1\n")];
        _folder.Write("members.csv.gz", packed);

        new CsvSource { Path = "members.csv.gz" }.Load(_folder.Context()).Features.ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public void A_gzip_file_cut_off_anywhere_is_refused()
    {
        var packed = Gzip.Pack(string.Concat(Enumerable.Range(0, 300).Select(row => $"{row},{row * 7},{row % 3}\n")));

        for (var length = 2; length < packed.Length; length++)
        {
            var path = _folder.Write("cut.csv.gz", packed[..length]);
            DataError.Of(() => new CsvSource { Path = path }.Load(_folder.Context())).ShouldBe($"{path} is a damaged or cut off " +
                $"gzip file; fetch or write it again.");
        }
    }

    [Fact]
    public void A_gzip_file_with_a_changed_or_foreign_end_is_refused()
    {
        var packed = Gzip.Pack("1,2,0\n3,4,1\n");
        for (var place = packed.Length - 8; place < packed.Length; place++)
        {
            var changed = (byte[])packed.Clone();
            changed[place] ^= 4;
            _folder.Write("changed.csv.gz", changed);
            DataError.Of(() => new CsvSource { Path = "changed.csv.gz" }.Load(_folder.Context())).ShouldContain("damaged");
        }

        _folder.Write("more.csv.gz", [.. packed, .. "more"u8]);
        DataError.Of(() => new CsvSource { Path = "more.csv.gz" }.Load(_folder.Context())).ShouldContain("damaged");
    }

    [Fact]
    public void More_unpacked_bytes_than_the_limit_are_refused()
    {
        var path = _folder.Write("bomb.gz", Gzip.Pack(new byte[10_000_000]));
        new FileInfo(path).Length.ShouldBeLessThan(20_000);
        using var file = DataFile.Open(path, limit: 1 << 20);
        var buffer = new byte[1 << 16];

        var message = DataError.Of(() =>
        {
            while (file.Read(buffer) > 0)
            {
            }
        });

        message.ShouldContain("more than 1 MiB");
    }

    [Fact]
    public void Bytes_come_back_whatever_the_sizes_of_the_reads()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new CounterRandom((ulong)seed, RandomPurpose.Synthetic);
            var content = new byte[random.Below(200_000, 0, 0)];
            for (var i = 0; i < content.Length; i++)
            {
                content[i] = (byte)(random.Word(1, (ulong)i) & 3);
            }

            using var file = DataFile.Open(_folder.Write("any", seed % 2 == 0 ? Gzip.Pack(content) : content));
            file.IsPacked.ShouldBe(seed % 2 == 0);
            using var read = new MemoryStream();
            var buffer = new byte[1 + random.Below(100_000, 0, 1)];
            while (file.Read(buffer) is var count and > 0)
            {
                read.Write(buffer, 0, count);
            }

            SHA256.HashData(read.ToArray()).ShouldBe(SHA256.HashData(content));
        }
    }

    [Fact]
    public void Memory_that_is_not_there_is_not_asked_for()
    {
        DataError.Of(() => Bytes.Require("big.csv", Array.MaxLength + 1L)).ShouldContain("big.csv has");
        if (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes < 4L * Array.MaxLength)
        {
            DataError.Of(() => Bytes.Require("big.csv", Array.MaxLength)).ShouldContain("of memory");
        }

        Bytes.Text(16L << 30).ShouldBe("16 GiB");
        Bytes.Text(1536).ShouldBe("1.5 KiB");
        Bytes.Text(12).ShouldBe("12 bytes");
    }
}
