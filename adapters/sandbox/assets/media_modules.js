"use strict";
// What sending a file needs: the data, its preparation, the limit of its size, and the upload.
(() => {
  const { define } = StandIn;
  const MOST_BYTES = 16 * 1024 * 1024; // WhatsApp's own for pictures; documents may have more there

  define("WAWebMediaOpaqueData", [], (global, require, a, b, c, module) => {
    module.exports = class OpaqueData {
      #blob;

      constructor(blob) {
        this.#blob = blob;
      }

      static async createFromData(data, type) {
        return new OpaqueData(data instanceof Blob ? data : new Blob([data], { type }));
      }

      forceToBlob() {
        return this.#blob;
      }

      size() {
        return this.#blob.size;
      }

      type() {
        return this.#blob.type;
      }

      autorelease() {}
    };
  });

  define("WAWebMediaGatingUtils", [], (global, require, a, b, c, module, exports) => {
    exports.getUploadLimit = () => MOST_BYTES;
  });

  define("WAWebPrepRawMedia", ["WAWebMediaOpaqueData"], (global, require, a, b, c, module, exports) => {
    async function prepare(blob, asDocument) {
      if (!asDocument) (await createImageBitmap(blob)).close(); // what is no picture is refused here
      return { type: asDocument ? "document" : "image", mimetype: blob.type, size: blob.size };
    }

    exports.MediaPrep = class MediaPrep {
      #blob;
      #prepared;

      constructor(data, { asDocument }) {
        this.#blob = data.forceToBlob();
        this.#prepared = prepare(this.#blob, asDocument);
        this.#prepared.catch(() => undefined); // told by waitForPrep
      }

      async waitForPrep() {
        this.mediaData = await this.#prepared;
        return this.mediaData;
      }

      async sendToChat({ chat, options }) {
        const mediaData = await this.waitForPrep();
        const facts = { ...options.productMsgOptions, ...mediaData, caption: options.caption, mediaData };
        const message = require("WAWebCollections").Msg.add(facts);
        chat.t = message.t;
        const upload = await require("StandInMessages").upload(this.#blob);
        if (!upload) {
          message.ack = require("WAWebAck").ACK.FAILED;
          return { messageSendResult: require("WAWebSendMsgResultAction").SendMsgResult.ERROR_UPLOAD };
        }
        message.mediaData = { ...mediaData, upload };
        return require("StandInClient").sendMessage(message);
      }
    };
    exports.prepRawMedia = (data, options) => new exports.MediaPrep(data, options);
    exports.uploadProductImage = async () => undefined;
  });
})();
