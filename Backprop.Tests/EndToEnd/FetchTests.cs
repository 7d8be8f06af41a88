using System.Security.Cryptography;
using Grpc.Core;

namespace Backprop.Tests.EndToEnd;

/// <summary>What a coordinator sends of its files, and to whom.</summary>
[Collection(AttackedRun.Name)]
public sealed class FetchTests(AttackedRun run)
{
    [Fact]
    public void OfTheFiles_OnlyThoseOfTheRunAreSent_AndOnlyToItsWorkers()
    {
        using var worker = run.Come("curious").Enter(run.Token);
        var file = worker.Reply.Offer.Files[0];
        var hash = file.Sha256.ToByteArray();

        using (var whole = new MemoryStream())
        {
            while (whole.Length < file.Size)
            {
                whole.Write(worker.Fetch(run.Token, hash, whole.Length));
            }

            SHA256.HashData(whole.ToArray()).ShouldBe(hash);
        }

        foreach (var (sha256, offset) in new (byte[], long)[] { (new byte[32], 0), ([], 0), (hash, file.Size), (hash, -1) })
        {
            Should.Throw<RpcException>(() => worker.Fetch(run.Token, sha256, offset)).StatusCode.ShouldBe(StatusCode.NotFound);
        }

        using var nobody = new RawWorker(run.Address);
        Should.Throw<RpcException>(() => nobody.Fetch(run.Token, hash, 0)).StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        Should.Throw<RpcException>(() => worker.Fetch(null, hash, 0)).StatusCode.ShouldBe(StatusCode.Unauthenticated);
    }
}
