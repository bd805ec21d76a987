// Serves tus on S3, with the defaults of @tus/server and @tus/s3-store. It says on stdout where uploads are created.
import { Server } from "@tus/server";
import { S3Store } from "@tus/s3-store";

const datastore = new S3Store({
  s3ClientConfig: {
    bucket: process.env.CAMEO_BENCH_BUCKET,
    region: process.env.AWS_REGION,
    endpoint: process.env.AWS_ENDPOINT_URL_S3,
    forcePathStyle: true,
    credentials: {
      accessKeyId: process.env.AWS_ACCESS_KEY_ID,
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    },
  },
});
const server = new Server({ path: "/files", datastore }).listen({ host: "127.0.0.1", port: 0 }, () => {
  console.log(`upload files to: http://127.0.0.1:${server.address().port}/files`);
});
